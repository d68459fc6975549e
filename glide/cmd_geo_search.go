package glide

import (
	"math"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// GeoOrigin is the center of an area: [FromMember] or [FromLonLat].
type GeoOrigin interface {
	appendOrigin(to *wire.Request)
	// fault is what is wrong with it.
	fault() string
}

// fromMember is the option FROMMEMBER.
type fromMember string

// FromMember (FROMMEMBER) is the position of a member. A member that does not
// exist is an error.
func FromMember(member string) GeoOrigin { return fromMember(member) }

func (m fromMember) appendOrigin(to *wire.Request) {
	to.String("FROMMEMBER")
	to.String(string(m))
}

func (fromMember) fault() string { return "" }

// fromLonLat is the option FROMLONLAT.
type fromLonLat GeoPosition

// FromLonLat (FROMLONLAT) is a position given by longitude and latitude in
// degrees.
func FromLonLat(longitude, latitude float64) GeoOrigin { return fromLonLat{longitude, latitude} }

func (p fromLonLat) appendOrigin(to *wire.Request) {
	to.String("FROMLONLAT")
	to.Float(p.Longitude)
	to.Float(p.Latitude)
}

func (p fromLonLat) fault() string { return GeoPosition(p).fault() }

// fault is what is wrong with a position; the server checks its limits.
func (p GeoPosition) fault() string {
	if math.IsNaN(p.Longitude) || math.IsNaN(p.Latitude) {
		return "a position that is not a number"
	}
	return ""
}

// GeoArea is the area of a search: [ByRadius], [ByBox] or [ByPolygon].
type GeoArea interface {
	appendArea(to *wire.Request)
	// fault is what is wrong with it.
	fault() string
}

// around is an area around a position.
type around struct {
	origin GeoOrigin
	shape  string
	sizes  []float64
	unit   GeoUnit
}

// ByRadius (BYRADIUS) is the area within a distance from origin.
func ByRadius(origin GeoOrigin, radius float64, unit GeoUnit) GeoArea {
	return around{origin, "BYRADIUS", []float64{radius}, unit}
}

// ByBox (BYBOX) is a rectangle with origin at its center. The width is from
// west to east, the height from north to south.
func ByBox(origin GeoOrigin, width, height float64, unit GeoUnit) GeoArea {
	return around{origin, "BYBOX", []float64{width, height}, unit}
}

func (a around) appendArea(to *wire.Request) {
	a.origin.appendOrigin(to)
	to.String(a.shape)
	for _, size := range a.sizes {
		to.Float(size)
	}
	to.String(a.unit.word())
}

func (a around) fault() string {
	if a.origin == nil {
		return "nil origin"
	}
	for _, size := range a.sizes {
		if math.IsNaN(size) || size < 0 {
			return "a size that is negative or not a number"
		}
	}
	if a.unit.word() == "" {
		return noUnit
	}
	return a.origin.fault()
}

// polygon is the option BYPOLYGON.
type polygon []GeoPosition

// ByPolygon (BYPOLYGON) is the area within a polygon of at least three vertices
// in order. Distances are measured from its center, in meters. Since Valkey
// 9.0.
func ByPolygon(vertices ...GeoPosition) GeoArea { return polygon(vertices) }

func (p polygon) appendArea(to *wire.Request) {
	to.String("BYPOLYGON")
	to.Int(int64(len(p)))
	for _, vertex := range p {
		to.Float(vertex.Longitude)
		to.Float(vertex.Latitude)
	}
}

func (p polygon) fault() string {
	if len(p) < 3 {
		return "fewer than three vertices"
	}
	for _, vertex := range p {
		if fault := vertex.fault(); fault != "" {
			return fault
		}
	}
	return ""
}

// AnyCount is the maximum number of members to find, in no particular order:
// the result of [CountAny]. It is an option of [Client.GeoSearch],
// [Client.GeoSearchWithDetails] and [Client.GeoSearchStore].
type AnyCount struct{ count int64 }

// CountAny (COUNT ANY) returns at most count members, and the server stops
// searching when it has found them: they need not be the nearest, but are
// found sooner than with [Count]. It must be positive.
func CountAny(count int64) AnyCount { return AnyCount{count} }

func (c AnyCount) appendTo(to *wire.Request) {
	to.String("COUNT")
	to.Int(c.count)
	to.String("ANY")
}

func (AnyCount) conflictKey() string { return "Count" }

// GeoSearchOption is an option of [Client.GeoSearch]: it sorts members by
// distance, [Ascending] or [Descending], or limits their number, [Count] or
// [CountAny].
type GeoSearchOption interface {
	option
	geoSearchOption()
}

// GeoSearchDetailsOption is an option of [Client.GeoSearchWithDetails]: it
// selects details of members, [WithCoord], [WithDist] or [WithHash], sorts them
// by distance, [Ascending] or [Descending], or limits their number, [Count] or
// [CountAny].
type GeoSearchDetailsOption interface {
	option
	geoSearchDetailsOption()
}

// GeoSearchStoreOption is an option of [Client.GeoSearchStore]: it limits the
// number of members that are stored, [Count] or [CountAny], selects the nearest
// or farthest, [Ascending] or [Descending], or stores distances as scores,
// [StoreDist].
type GeoSearchStoreOption interface {
	option
	geoSearchStoreOption()
}

func (direction) geoSearchOption()        {}
func (direction) geoSearchDetailsOption() {}
func (direction) geoSearchStoreOption()   {}
func (PageSize) geoSearchOption()         {}
func (PageSize) geoSearchDetailsOption()  {}
func (PageSize) geoSearchStoreOption()    {}
func (AnyCount) geoSearchOption()         {}
func (AnyCount) geoSearchDetailsOption()  {}
func (AnyCount) geoSearchStoreOption()    {}

// geoDetail is a detail that is returned of a member.
type geoDetail string

const (
	// WithCoord (WITHCOORD) returns the positions of members.
	WithCoord geoDetail = "WITHCOORD"
	// WithDist (WITHDIST) returns the distances of members from the center of
	// the area, in its unit.
	WithDist geoDetail = "WITHDIST"
	// WithHash (WITHHASH) returns the numbers that encode the positions of
	// members.
	WithHash geoDetail = "WITHHASH"
)

func (d geoDetail) appendTo(to *wire.Request) { to.String(string(d)) }
func (d geoDetail) conflictKey() string       { return string(d) }
func (geoDetail) geoSearchDetailsOption()     {}

// storeDist is the option STOREDIST.
type storeDist string

// StoreDist (STOREDIST) stores the distances of members from the center of the
// area, in its unit, as their scores. By default the scores encode the
// positions, so that the result can be searched again.
const StoreDist storeDist = "STOREDIST"

func (s storeDist) appendTo(to *wire.Request) { to.String(string(s)) }
func (storeDist) conflictKey() string         { return "StoreDist" }
func (storeDist) geoSearchStoreOption()       {}

// appendSearch appends what is searched for.
func appendSearch[O option](cmd arguments, area GeoArea, options []O) arguments {
	if area == nil {
		return cmd.Refuse("nil area")
	}
	if fault := area.fault(); fault != "" {
		return cmd.Refuse(fault)
	}
	area.appendArea(cmd.Request)
	for _, o := range options {
		if count, ok := any(o).(AnyCount); ok && count.count <= 0 {
			cmd = cmd.Refuse("a count that is not positive")
		}
	}
	return appendOptions(refuseCounts(cmd, options), options)
}

// GeoSearch returns the members within an area. They are in no order unless
// [Ascending], [Descending] or [Count] is given: Count returns the nearest
// members, or the farthest with Descending. It returns no members if key does
// not exist.
//
// https://valkey.io/commands/geosearch/
func geoSearch(key string, area GeoArea, options ...GeoSearchOption) command[[]string] {
	return newCommand(appendSearch(named("GEOSEARCH").Key(key), area, options), decode.Strings)
}

// GeoMatch is a member within an area, with the requested details.
type GeoMatch struct {
	Member string
	// Distance is its distance from the center of the area, in the unit of
	// the area, rounded to four decimals; 0 without [WithDist].
	Distance float64
	// Hash is the number that encodes its position; 0 without [WithHash].
	Hash int64
	// Position is its position; zero without [WithCoord].
	Position GeoPosition
}

// GeoSearchWithDetails returns the members within an area, like
// [Client.GeoSearch], with the details that [WithCoord], [WithDist] and
// [WithHash] request.
//
// https://valkey.io/commands/geosearch/
func geoSearchWithDetails(key string, area GeoArea, options ...GeoSearchDetailsOption) command[[]GeoMatch] {
	return newCommand(appendSearch(named("GEOSEARCH").Key(key), area, options), readGeoMatches)
}

var readGeoMatches = decode.Slice(readGeoMatch)

// readGeoMatch reads a member, or an array of it and its details.
func readGeoMatch(r *wire.Reader) (match GeoMatch, err error) {
	if r.Kind() != abi.TagArray {
		match.Member, err = r.String()
		return match, err
	}
	err = decode.Tuple(r, decode.To(&match.Member, decode.String), match.readDetails)
	return match, err
}

// readDetails reads the requested details. The types distinguish the values.
func (m *GeoMatch) readDetails(r *wire.Reader) error {
	n, err := r.Array()
	for ; n > 0 && err == nil; n-- {
		switch r.Kind() {
		case abi.TagInteger:
			m.Hash, err = r.Int()
		case abi.TagArray:
			m.Position, err = readPosition(r)
		default:
			m.Distance, err = r.Float()
		}
	}
	return err
}

// GeoSearchStore stores the result of [Client.GeoSearch] on source as a sorted
// set at destination, replacing its value, and returns its size. If the
// result is empty, destination is deleted. In a cluster both keys must belong
// to one slot.
//
// https://valkey.io/commands/geosearchstore/
func geoSearchStore(destination, source string, area GeoArea, options ...GeoSearchStoreOption) command[int64] {
	cmd := named("GEOSEARCHSTORE").Key(destination).Key(source)
	return newCommand(appendSearch(cmd, area, options), decode.Int)
}
