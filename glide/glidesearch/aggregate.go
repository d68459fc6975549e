package glidesearch

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Clause is a step of [Aggregate]: [Load], [GroupBy], [OrderBy], [Apply],
// [Having], [Limit]; or an option, such as [Dialect] or [Vector].
type Clause interface {
	clausal
	aggregateClause()
}

type aggregateClause struct{ clause }

func (aggregateClause) aggregateClause() {}

// Load takes fields of the documents into the rows, by their names with @ or,
// of JSON documents, by their paths.
func Load(fields ...string) Clause {
	c := some("LOAD", fields)
	c.decision = ""
	return aggregateClause{c}
}

// LoadAs is [Load] by other names.
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

// LoadAll takes all fields of the documents into the rows.
var LoadAll Clause = aggregateClause{clause{words: []string{"LOAD", "*"}}}

// AddScores takes how well documents match into the rows, as @__score
// (RediSearch).
var AddScores Clause = aggregateClause{first("ADDSCORES")}

// GroupBy makes one row of all whose fields, by their names with @, have the
// same values; without fields, one of all. The reducers say what else is in
// it.
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

// Reducer makes one value of those of a group.
type Reducer struct {
	name string
	args []string
	as   string
}

// As names the value. Without it the server does.
func (r Reducer) As(name string) Reducer {
	r.as = name
	return r
}

// Reduce is a reducer by its name, for those that are not here.
func Reduce(name string, args ...string) Reducer { return Reducer{name: name, args: args} }

// Count is how many there are.
func Count() Reducer { return Reduce("COUNT") }

// CountDistinct is how many values of a field there are.
func CountDistinct(field string) Reducer { return Reduce("COUNT_DISTINCT", field) }

// CountDistinctish is about how many values of a field there are, within 3 %
// (RediSearch).
func CountDistinctish(field string) Reducer { return Reduce("COUNT_DISTINCTISH", field) }

// Sum is the sum of a field.
func Sum(field string) Reducer { return Reduce("SUM", field) }

// Min is the least value of a field.
func Min(field string) Reducer { return Reduce("MIN", field) }

// Max is the greatest value of a field.
func Max(field string) Reducer { return Reduce("MAX", field) }

// Avg is the average of a field.
func Avg(field string) Reducer { return Reduce("AVG", field) }

// StdDev is the standard deviation of a field.
func StdDev(field string) Reducer { return Reduce("STDDEV", field) }

// Quantile is the value of a field below which a part of them are: 0.5 is the
// median (RediSearch).
func Quantile(field string, quantile float64) Reducer {
	return Reduce("QUANTILE", field, number(quantile))
}

// ToList is all values of a field, each once (RediSearch).
func ToList(field string) Reducer { return Reduce("TOLIST", field) }

// FirstValue is the value of a field in the first row (RediSearch).
func FirstValue(field string) Reducer { return Reduce("FIRST_VALUE", field) }

// FirstValueBy is the value of a field in the row that is the first by another
// field (RediSearch).
func FirstValueBy(field, by string, order Order) Reducer {
	return Reduce("FIRST_VALUE", field, "BY", by, string(order))
}

// RandomSample is so many values of a field at random (RediSearch).
func RandomSample(field string, size int64) Reducer {
	return Reduce("RANDOM_SAMPLE", field, integer(size))
}

// A Sorting is a field, by its name with @, and an order.
type Sorting struct {
	Field string
	Order Order
}

// OrderBy sorts the rows by fields, the first of them first.
func OrderBy(sortings ...Sorting) Clause { return TopBy(0, sortings...) }

// TopBy is [OrderBy], and keeps only so many rows, which is faster.
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

// Apply computes a field of each row from others: Apply("@price*@count",
// "total").
func Apply(expression, as string) Clause {
	return aggregateClause{clause{words: []string{"APPLY", expression, "AS", as}}}
}

// Having keeps the rows for which an expression holds: Having("@total>10").
func Having(expression string) Clause {
	return aggregateClause{clause{words: []string{"FILTER", expression}}}
}

// Row is a row of an aggregation: texts by their names, numbers too, and []any
// of texts where a reducer returns a list.
type Row map[string]any

// Aggregate makes rows of what a query finds in an index, step by step as the
// clauses say, in their order.
//
// https://valkey.io/commands/ft.aggregate/
func aggregate(index, query string, clauses ...Clause) command.Command[[]Row] {
	return command.New(appendClauses(command.Named("FT.AGGREGATE").Arg(index).Arg(query), clauses), readRows)
}

// readRows reads a reply in any of its forms: named values, as readSearch
// does; a number that means nothing, and rows; or but the rows, which the core
// makes of that.
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
