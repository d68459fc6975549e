package glidesearch

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Profile describes the steps of a query and how long they took.
type Profile struct {
	// Total is the whole time, of which Parsing is the time for parsing the
	// query, and PipelineCreation the time for preparing its steps.
	Total, Parsing, PipelineCreation time.Duration
	// Warnings are warnings of the server, such as that the query timed
	// out.
	Warnings []string
	// Iterators are the steps that read the index, and Processors the steps
	// that processed their results, in order.
	Iterators, Processors []ProfileStep
}

// ProfileStep is a step of a query.
type ProfileStep struct {
	// Type is the kind of the step, such as TEXT, VECTOR or Sorter.
	Type string
	// Time is how long the step took, including its children, and Count is
	// the number of results it returned.
	Time  time.Duration
	Count int64
	// Details are further values that the server reports, by its names.
	Details map[string]string
	// Children are the steps within it.
	Children []ProfileStep
}

// SearchProfile is the result of a search and its profile.
type SearchProfile struct {
	Result  SearchResult
	Profile Profile
}

// AggregateProfile is the result of an aggregation and its profile.
type AggregateProfile struct {
	Rows    []Row
	Profile Profile
}

// ProfileSearch returns the result of [Search] and its profile (FT.PROFILE;
// RediSearch).
//
// https://redis.io/docs/latest/commands/ft.profile/
func profileSearch(index, query string, options ...SearchOption) command.Command[SearchProfile] {
	search := readSearch(layoutOf(options))
	cmd := command.Named("FT.PROFILE")
	return command.New(appendSearchOptions(cmd.Arg(index).Arg("SEARCH").Arg("QUERY").Arg(query), options), func(r *wire.Reader) (profiled SearchProfile, err error) {
		profiled.Profile, err = readProfiled(r, decode.To(&profiled.Result, search))
		return profiled, err
	})
}

// ProfileAggregate returns the result of [Aggregate] and its profile
// (FT.PROFILE; RediSearch).
//
// https://redis.io/docs/latest/commands/ft.profile/
func profileAggregate(index, query string, clauses ...Clause) command.Command[AggregateProfile] {
	cmd := command.Named("FT.PROFILE")
	return command.New(appendClauses(cmd.Arg(index).Arg("AGGREGATE").Arg("QUERY").Arg(query), clauses), func(r *wire.Reader) (profiled AggregateProfile, err error) {
		profiled.Profile, err = readProfiled(r, decode.To(&profiled.Rows, readRows))
		return profiled, err
	})
}

// readProfiled reads a result and a profile: an array of both, or named values
// of which the profile is one, or both are two.
func readProfiled(r *wire.Reader, result decode.Value) (profile Profile, err error) {
	if !isNamed(*r) {
		err = decode.Tuple(r, result, decode.To(&profile, readProfile))
		return profile, err
	}
	whole, separate := *r, false
	err = decode.EachField(r, func(name string) (err error) {
		switch strings.ToLower(name) {
		case "profile":
			profile, err = readProfile(r)
		case "results":
			// Those of old servers are an array, among the result's parts.
			if separate = r.Kind() == abi.TagMap || isNamed(*r); separate {
				return result(r)
			}
			err = r.Skip()
		default:
			err = r.Skip()
		}
		return err
	})
	if err == nil && !separate {
		err = result(&whole)
	}
	return profile, err
}

func readProfile(r *wire.Reader) (Profile, error) {
	tree, err := r.Any()
	if err != nil {
		return Profile{}, err
	}
	profile := Profile{}
	parts := branches(tree)
	// Newer servers return one for each shard; here there is but one.
	if shards, ok := parts["Shards"].([]any); ok && len(shards) > 0 {
		parts = branches(shards[0])
	}
	profile.Total = duration(parts["Total profile time"])
	profile.Parsing = duration(parts["Parsing time"])
	profile.PipelineCreation = duration(parts["Pipeline creation time"])
	if warning, _ := parts["Warning"].(string); warning != "" && warning != "None" {
		profile.Warnings = []string{warning}
	}
	profile.Iterators = steps(parts["Iterators profile"])
	profile.Processors = steps(parts["Result processors profile"])
	return profile, nil
}

// branches returns named parts: a map; names that alternate with their value or
// values; or arrays of a name and its value.
func branches(tree any) map[string]any {
	rows, ok := tree.([]any)
	if !ok {
		parts, _ := tree.(map[string]any)
		return parts
	}
	parts := map[string]any{}
	put := func(name string, values []any) {
		switch len(values) {
		case 0:
		case 1:
			parts[name] = values[0]
		default:
			parts[name] = values
		}
	}
	for i := 0; i < len(rows); {
		if row, ok := rows[i].([]any); ok && len(row) > 0 {
			put(text(row[0]), row[1:])
			i++
			continue
		}
		from, to := i+1, min(i+2, len(rows))
		for to < len(rows) && isArray(rows[to]) && isArray(rows[from]) {
			to++
		}
		put(text(rows[i]), rows[from:to])
		i = to
	}
	return parts
}

func isArray(value any) bool {
	_, ok := value.([]any)
	return ok
}

// steps returns steps: one, or several in an array.
func steps(tree any) []ProfileStep {
	rows, ok := tree.([]any)
	if !ok {
		if tree == nil {
			return nil
		}
		rows = []any{tree}
	}
	if len(rows) > 0 {
		if _, named := rows[0].(string); named {
			rows = []any{rows}
		}
	}
	all := make([]ProfileStep, 0, len(rows))
	for _, row := range rows {
		all = append(all, step(row))
	}
	return all
}

func step(tree any) (s ProfileStep) {
	for name, part := range branches(tree) {
		switch name {
		case "Type":
			s.Type = text(part)
		case "Time":
			s.Time = duration(part)
		case "Counter":
			s.Count = whole(part)
		case "Child iterators", "Child iterator":
			s.Children = steps(part)
		default:
			if s.Details == nil {
				s.Details = map[string]string{}
			}
			s.Details[name] = text(part)
		}
	}
	return s
}

// duration is a number of milliseconds.
func duration(value any) time.Duration {
	return time.Duration(float(value) * float64(time.Millisecond))
}
