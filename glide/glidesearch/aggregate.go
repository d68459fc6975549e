package glidesearch

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Clause is a step or an option of [Aggregate] and [ProfileAggregate]. Steps
// are [Load], [LoadAs], [LoadAll], [GroupBy], [OrderBy], [TopBy], [Apply],
// [Having] and [Limit]; options are [AddScores], [Dialect], [Parameter],
// [Scorer], [Timeout], [Vector] and [Verbatim].
type Clause interface {
	clausal
	aggregateClause()
}

type aggregateClause struct{ clause }

func (aggregateClause) aggregateClause() {}

// Load (LOAD) loads fields of the documents into the rows, by their names with
// @ or, for JSON documents, by their paths.
func Load(fields ...string) Clause {
	c := some("LOAD", fields)
	c.decision = ""
	return aggregateClause{c}
}

// LoadAs loads fields like [Load], under other names (AS).
func LoadAs(fields ...Renamed) Clause {
	var words []string
	for _, field := range fields {
		words = append(words, field.Name)
		if field.As != "" {
			words = append(words, "AS", field.As)
		}
	}
	return Load(words...)
}

// LoadAll (LOAD *) loads all fields of the documents into the rows.
var LoadAll Clause = aggregateClause{clause{words: []string{"LOAD", "*"}}}

// AddScores (ADDSCORES) adds the score of each document to its row, as @__score
// (RediSearch).
var AddScores Clause = aggregateClause{first("ADDSCORES")}

// GroupBy (GROUPBY) combines the rows whose fields, by their names with @, have
// the same values into one row; without fields, all rows. The reducers compute
// the other values of the row.
func GroupBy(fields []string, reducers ...Reducer) Clause {
	c := clause{words: counted("GROUPBY", fields)}
	for _, reducer := range reducers {
		c.words = append(append(c.words, "REDUCE", reducer.name), counted("", reducer.args)[1:]...)
		if reducer.as != "" {
			c.words = append(c.words, "AS", reducer.as)
		}
		if reducer.name == "" {
			c.refusal = "a reducer that is none"
		}
	}
	return aggregateClause{c}
}

// Reducer computes one value from the rows of a group; see [GroupBy].
type Reducer struct {
	name string
	args []string
	as   string
}

// As returns the reducer with a name for its value (AS). By default the server
// chooses the name.
func (r Reducer) As(name string) Reducer {
	r.as = name
	return r
}

// Reduce (REDUCE) returns a reducer by its name, for reducers that have no
// function here.
func Reduce(name string, args ...string) Reducer { return Reducer{name: name, args: args} }

// Count (COUNT) computes the number of rows.
func Count() Reducer { return Reduce("COUNT") }

// CountDistinct (COUNT_DISTINCT) computes the number of different values of a
// field.
func CountDistinct(field string) Reducer { return Reduce("COUNT_DISTINCT", field) }

// CountDistinctish (COUNT_DISTINCTISH) computes approximately the number of
// different values of a field, within 3 % (RediSearch).
func CountDistinctish(field string) Reducer { return Reduce("COUNT_DISTINCTISH", field) }

// Sum (SUM) computes the sum of a field.
func Sum(field string) Reducer { return Reduce("SUM", field) }

// Min (MIN) computes the smallest value of a field.
func Min(field string) Reducer { return Reduce("MIN", field) }

// Max (MAX) computes the largest value of a field.
func Max(field string) Reducer { return Reduce("MAX", field) }

// Avg (AVG) computes the average of a field.
func Avg(field string) Reducer { return Reduce("AVG", field) }

// StdDev (STDDEV) computes the standard deviation of a field.
func StdDev(field string) Reducer { return Reduce("STDDEV", field) }

// Quantile (QUANTILE) computes the value of a field below which a fraction of
// the values are: 0.5 is the median (RediSearch).
func Quantile(field string, quantile float64) Reducer {
	return Reduce("QUANTILE", field, number(quantile))
}

// ToList (TOLIST) computes the list of all different values of a field
// (RediSearch).
func ToList(field string) Reducer { return Reduce("TOLIST", field) }

// FirstValue (FIRST_VALUE) returns the value of a field in the first row
// (RediSearch).
func FirstValue(field string) Reducer { return Reduce("FIRST_VALUE", field) }

// FirstValueBy (FIRST_VALUE BY) returns the value of a field in the row that is
// first when sorted by another field (RediSearch).
func FirstValueBy(field, by string, order Order) Reducer {
	return Reduce("FIRST_VALUE", field, "BY", by, string(order))
}

// RandomSample (RANDOM_SAMPLE) returns size random values of a field
// (RediSearch).
func RandomSample(field string, size int64) Reducer {
	return Reduce("RANDOM_SAMPLE", field, integer(size))
}

// A Sorting is a field to sort by, given by its name with @, and an order.
type Sorting struct {
	Field string
	Order Order
}

// OrderBy (SORTBY) sorts the rows by fields. The first field is the most
// significant.
func OrderBy(sortings ...Sorting) Clause { return TopBy(0, sortings...) }

// TopBy (SORTBY with MAX) sorts the rows like [OrderBy] and keeps only the
// first most rows, which is faster.
func TopBy(most int64, sortings ...Sorting) Clause {
	var words []string
	for _, sorting := range sortings {
		words = append(words, sorting.Field)
		if sorting.Order != "" {
			words = append(words, string(sorting.Order))
		}
	}
	c := some("SORTBY", words)
	c.decision = ""
	if most != 0 {
		c.words = append(c.words, "MAX", integer(most))
	}
	if most < 0 {
		c.refusal = "a negative number of rows"
	}
	return aggregateClause{c}
}

// Apply (APPLY) computes a field of each row from other fields:
// Apply("@price*@count", "total").
func Apply(expression, as string) Clause {
	return aggregateClause{clause{words: []string{"APPLY", expression, "AS", as}}}
}

// Having (FILTER) keeps the rows for which an expression holds:
// Having("@total>10").
func Having(expression string) Clause {
	return aggregateClause{clause{words: []string{"FILTER", expression}}}
}

// Row is a row of an aggregation, by the names of the values. Values, also
// numbers, are strings, or []any of strings if a reducer returns a list.
type Row map[string]any

// Aggregate makes rows of the documents that match a query (FT.AGGREGATE) and
// returns them after the steps that the clauses describe, which run in order.
// It returns none if nothing matches.
//
// https://valkey.io/commands/ft.aggregate/
func aggregate(index, query string, clauses ...Clause) command.Command[[]Row] {
	return command.New(appendClauses(command.Named("FT.AGGREGATE").Arg(index).Arg(query), clauses), readRows)
}

// readRows reads a reply in any of its forms: named values, as readSearch does;
// a number without a meaning, and rows; or only the rows, which the core makes
// of that.
func readRows(r *wire.Reader) ([]Row, error) {
	if isNamed(*r) {
		rows := []Row{}
		err := decode.EachField(r, func(name string) (err error) {
			if name != "results" {
				return r.Skip()
			}
			rows, err = decode.Slice(readNamedRow)(r)
			return err
		})
		if err != nil {
			return nil, err
		}
		return rows, nil
	}
	n, err := r.Array()
	if err == nil && n > 0 && r.Kind() == abi.TagInteger {
		err = r.Skip()
		n--
	}
	rows := make([]Row, n)
	for i := range rows {
		if err == nil {
			rows[i], err = readRow(r)
		}
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func readNamedRow(r *wire.Reader) (row Row, err error) {
	row = Row{}
	err = decode.EachField(r, func(name string) (err error) {
		if name != "extra_attributes" {
			return r.Skip()
		}
		row, err = readRow(r)
		return err
	})
	return row, err
}

func readRow(r *wire.Reader) (Row, error) { return decode.Map(readValue)(r) }

// readValue reads a value of a row.
func readValue(r *wire.Reader) (any, error) {
	if r.Kind() != abi.TagArray && r.Kind() != abi.TagSet {
		if r.Nil() {
			return nil, nil
		}
		return readText(r)
	}
	values, err := decode.Slice(readValue)(r)
	return slices.Clip(values), err
}
