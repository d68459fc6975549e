package glide

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var _ = table(geoSendings)

func geoSendings() []sending {
	palermo := GeoMember{"Palermo", GeoPosition{13.361389, 38.115556}}
	nowhere := GeoMember{Member: "nowhere"}
	near := ByRadius(FromLonLat(15, -37.5), 200, Kilometers)
	box := ByBox(FromMember("Palermo"), 400, 300.5, Miles)
	triangle := ByPolygon(GeoPosition{10, 35}, GeoPosition{20, 35}, GeoPosition{15, 45.5})
	return []sending{
		sends(geoAdd("k", []GeoMember{palermo}), "GEOADD k 13.361389 38.115556 Palermo"),
		sends(geoAdd("k", []GeoMember{palermo, nowhere}, IfAbsent), "GEOADD k NX 13.361389 38.115556 Palermo 0 0 nowhere"),
		sends(geoAdd("k", []GeoMember{nowhere}, IfPresent, CountChanged), "GEOADD k XX CH 0 0 nowhere"),
		sends(geoDist("k", "a", "b", Meters), "GEODIST k a b m"),
		sends(geoDist("k", "a", "b", Kilometers), "GEODIST k a b km"),
		sends(geoDist("k", "a", "b", Feet), "GEODIST k a b ft"),
		sends(geoDist("k", "a", "b", Miles), "GEODIST k a b mi"),
		sends(geoHash("k", "a", "b"), "GEOHASH k a b"),
		sends(geoPos("k", "a", "b"), "GEOPOS k a b"),
		sends(geoSearch("k", near), "GEOSEARCH k FROMLONLAT 15 -37.5 BYRADIUS 200 km"),
		sends(geoSearch("k", box, Ascending), "GEOSEARCH k FROMMEMBER Palermo BYBOX 400 300.5 mi ASC"),
		sends(geoSearch("k", triangle, Descending, Count(3)), "GEOSEARCH k BYPOLYGON 3 10 35 20 35 15 45.5 DESC COUNT 3"),
		sends(geoSearch("k", ByRadius(FromMember(""), math.Inf(1), Meters), CountAny(math.MaxInt64)),
			"GEOSEARCH k FROMMEMBER  BYRADIUS +Inf m COUNT 9223372036854775807 ANY"),
		sends(geoSearchStore("d", "k", near), "GEOSEARCHSTORE d k FROMLONLAT 15 -37.5 BYRADIUS 200 km"),
		sends(geoSearchStore("d", "k", box, StoreDist, CountAny(1)), "GEOSEARCHSTORE d k FROMMEMBER Palermo BYBOX 400 300.5 mi STOREDIST COUNT 1 ANY"),
		sends(geoSearchStore("d", "k", triangle, Count(2), Descending), "GEOSEARCHSTORE d k BYPOLYGON 3 10 35 20 35 15 45.5 COUNT 2 DESC"),
		sends(geoSearchWithDetails("k", near), "GEOSEARCH k FROMLONLAT 15 -37.5 BYRADIUS 200 km"),
		sends(geoSearchWithDetails("k", near, WithDist), "GEOSEARCH k FROMLONLAT 15 -37.5 BYRADIUS 200 km WITHDIST"),
		sends(geoSearchWithDetails("k", near, Count(1), WithHash, WithCoord, Ascending, WithDist),
			"GEOSEARCH k FROMLONLAT 15 -37.5 BYRADIUS 200 km COUNT 1 WITHHASH WITHCOORD ASC WITHDIST"),
		sends(geoSearchWithDetails("k", near, CountAny(1)), "GEOSEARCH k FROMLONLAT 15 -37.5 BYRADIUS 200 km COUNT 1 ANY"),
	}
}

func TestGeoSendsItsWords(t *testing.T) { testSendings(t, geoSendings()) }

func TestGeoRefuses(t *testing.T) {
	nan := math.NaN()
	here := FromLonLat(0, 0)
	near := ByRadius(here, 1, Meters)
	nowhere := []GeoMember{{Member: "m"}}
	testRefusals(t, []refusal{
		refuses(geoAdd("k", nil), "no members"),
		refuses(geoAdd("k", []GeoMember{{"m", GeoPosition{nan, 0}}}), "a longitude that is not a number"),
		refuses(geoAdd("k", []GeoMember{{"m", GeoPosition{0, nan}}}), "a latitude that is not a number"),
		refuses(geoAdd("k", nowhere, nil), "nil option"),
		refuses(geoAdd("k", nowhere, IfAbsent, IfPresent), "more than one condition"),
		refuses(geoDist("k", "a", "b", -1), "no such unit"),
		refuses(geoHash("k"), "no members"),
		refuses(geoPos("k"), "no members"),
		refuses(geoSearch("k", nil), "nil area"),
		refuses(geoSearch("k", ByRadius(nil, 1, Meters)), "nil origin"),
		refuses(geoSearch("k", ByRadius(here, -1, Meters)), "a size that is negative or not a number"),
		refuses(geoSearch("k", ByBox(here, 1, nan, Meters)), "a size that is negative or not a number"),
		refuses(geoSearch("k", ByBox(here, 1, 1, Miles+1)), "no such unit"),
		refuses(geoSearch("k", ByBox(FromLonLat(0, nan), 1, 1, Miles)), "a position that is not a number"),
		refuses(geoSearch("k", ByPolygon()), "fewer than three vertices"),
		refuses(geoSearch("k", ByPolygon(GeoPosition{}, GeoPosition{}, GeoPosition{nan, 1})), "a position that is not a number"),
		refuses(geoSearch("k", near, Ascending, Descending), "more than one order"),
		refuses(geoSearch("k", near, Count(1), CountAny(1)), "more than one Count"),
		refuses(geoSearch("k", near, Count(0)), "a count that is not positive"),
		refuses(geoSearch("k", near, CountAny(-1)), "a count that is not positive"),
		refuses(geoSearch("k", near, nil), "nil option"),
		refuses(geoSearchStore("d", "k", nil), "nil area"),
		refuses(geoSearchStore("d", "k", near, StoreDist, StoreDist), "more than one StoreDist"),
		refuses(geoSearchWithDetails("k", ByPolygon(GeoPosition{}, GeoPosition{})), "fewer than three vertices"),
		refuses(geoSearchWithDetails("k", near, WithDist, WithCoord, WithDist), "more than one WITHDIST"),
	})
}

func TestGeoReadsItsReplies(t *testing.T) {
	details := geoSearchWithDetails("k", ByRadius(FromMember("m"), 1, Meters))
	place := arrayReply(doubleReply(13.5), doubleReply(38.25))
	found := func(values ...[]byte) []byte { return arrayReply(arrayReply(stringReply("m"), arrayReply(values...))) }
	testReadings(t, []reading{
		reads("distance", geoDist("k", "a", "b", Meters), doubleReply(166274.1516), Some(166274.1516)),
		reads("distance as text", geoDist("k", "a", "b", Meters), stringReply("166274.1516"), Some(166274.1516)),
		reads("no distance", geoDist("k", "a", "b", Meters), nilReply, None[float64]()),
		reads("hashes", geoHash("k", "a", "b"), arrayReply(stringReply("sqc8b49rny0"), nilReply), []Optional[string]{Some("sqc8b49rny0"), None[string]()}),
		reads("places", geoPos("k", "a", "b"), arrayReply(nilReply, place), []Optional[GeoPosition]{None[GeoPosition](), Some(GeoPosition{13.5, 38.25})}),
		reads("places as text", geoPos("k", "a"), arrayReply(arrayReply(stringReply("13.5"), stringReply("38.25"))), []Optional[GeoPosition]{Some(GeoPosition{13.5, 38.25})}),
		reads("members", geoSearch("k", ByRadius(FromMember("m"), 1, Meters)), arrayReply(stringReply("a")), []string{"a"}),
		reads("nothing found", details, arrayReply(), []GeoMatch{}),
		reads("no details", details, arrayReply(stringReply("m")), []GeoMatch{{Member: "m"}}),
		reads("distance of a member", details, found(doubleReply(1.5)), []GeoMatch{{Member: "m", Distance: 1.5}}),
		reads("distance of a member as text", details, found(stringReply("1.5")), []GeoMatch{{Member: "m", Distance: 1.5}}),
		reads("hash of a member", details, found(intReply(7)), []GeoMatch{{Member: "m", Hash: 7}}),
		reads("place of a member", details, found(place), []GeoMatch{{Member: "m", Position: GeoPosition{13.5, 38.25}}}),
		reads("all of a member", details, found(doubleReply(1.5), intReply(7), place), []GeoMatch{{"m", 1.5, 7, GeoPosition{13.5, 38.25}}}),
	})
	for _, reply := range [][]byte{
		arrayReply(arrayReply(stringReply("m"))),
		arrayReply(arrayReply(stringReply("m"), doubleReply(1))),
		found(nilReply),
		found(arrayReply(doubleReply(1))),
		arrayReply(nilReply),
	} {
		_, err := define(details).reply(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}
