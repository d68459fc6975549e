package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// GeoPosition is a position on Earth, in degrees. Servers accept longitudes
// from -180 to 180 and latitudes from -85.05112878 to 85.05112878, and return
// the stored position, which may differ by less than a meter.
type GeoPosition struct{ Longitude, Latitude float64 }

// NewGeoPosition returns a position.
func NewGeoPosition(longitude, latitude float64) GeoPosition {
	return GeoPosition{longitude, latitude}
}

// GeoMember is a member of a sorted set with its position.
type GeoMember struct {
	Member   string
	Position GeoPosition
}

// NewGeoMember returns a member with its position.
func NewGeoMember(member string, longitude, latitude float64) GeoMember {
	return GeoMember{member, GeoPosition{longitude, latitude}}
}

// GeoUnit is a unit of length: [Meters], [Kilometers], [Feet] or [Miles].
type GeoUnit int

const (
	// Meters are meters.
	Meters GeoUnit = iota
	// Kilometers are 1000 meters each.
	Kilometers
	// Feet are 0.3048 meters each.
	Feet
	// Miles are 1609.34 meters each.
	Miles
)

// word is how a unit is sent, "" if there is no such unit.
func (u GeoUnit) word() string {
	switch u {
	case Meters:
		return "m"
	case Kilometers:
		return "km"
	case Feet:
		return "ft"
	case Miles:
		return "mi"
	default:
		return ""
	}
}

// noUnit is what is wrong with a unit that is none of the constants.
const noUnit = "no such unit"

// GeoAddOption is an option of [Client.GeoAdd]: it sets which members are
// written, [IfAbsent] or [IfPresent], or which of them count, [CountChanged].
type GeoAddOption interface {
	option
	geoAddOption()
}

// GeoAdd adds members with their positions to a sorted set, or updates them,
// and returns how many were added; with [CountChanged], how many were added or
// moved. The scores of the sorted set encode the positions, and [Client.ZRem]
// removes members. A key that does not exist counts as an empty set.
//
// https://valkey.io/commands/geoadd/
func geoAdd(key string, members []GeoMember, options ...GeoAddOption) command[int64] {
	cmd := appendOptions(named("GEOADD").Key(key), options)
	if len(members) == 0 {
		cmd = cmd.Refuse("no members")
	}
	for _, m := range members {
		cmd = cmd.NotNaN(m.Position.Longitude, "a longitude")
		cmd = cmd.NotNaN(m.Position.Latitude, "a latitude").Arg(m.Member)
	}
	return newCommand(cmd, decode.Int)
}

// GeoDist returns the distance between two members, rounded to four decimals of
// the unit, or a nil Optional if either member or key does not exist. It
// assumes that Earth is a sphere, with an error of up to 0.5 %.
//
// https://valkey.io/commands/geodist/
func geoDist(key, member1, member2 string, unit GeoUnit) command[Optional[float64]] {
	cmd := named("GEODIST").Key(key).Arg(member1).Arg(member2)
	word := unit.word()
	if word == "" {
		cmd = cmd.Refuse(noUnit)
	}
	return newCommand(cmd.Arg(word), readOptionalFloat)
}

// GeoHash returns the positions of members as Geohash strings of 11 characters,
// in the order of members, with a nil Optional for a member that does not
// exist. If key does not exist, all are nil.
//
// https://valkey.io/commands/geohash/
func geoHash(key string, members ...string) command[[]Optional[string]] {
	return newCommand(named("GEOHASH").Key(key).NonEmpty("members", members), readOptionalStrings)
}

// GeoPos returns the positions of members, in their order, with a nil Optional
// for a member that does not exist. If key does not exist, all are nil.
//
// https://valkey.io/commands/geopos/
func geoPos(key string, members ...string) command[[]Optional[GeoPosition]] {
	return newCommand(named("GEOPOS").Key(key).NonEmpty("members", members), readOptionalPositions)
}

var readOptionalPositions = decode.Slice(readOptional(readPosition))

// readPosition reads a longitude and a latitude.
func readPosition(r *wire.Reader) (position GeoPosition, err error) {
	err = decode.Tuple(r, decode.To(&position.Longitude, decode.Float), decode.To(&position.Latitude, decode.Float))
	return position, err
}
