package commands_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// sicily are two towns and a place in the middle between them.
var sicily = []glide.GeoMember{
	{Member: "Palermo", Position: glide.GeoPosition{Longitude: 13.361389, Latitude: 38.115556}},
	{Member: "Catania", Position: glide.GeoPosition{Longitude: 15.087269, Latitude: 37.502669}},
	{Member: "Enna", Position: glide.GeoPosition{Longitude: 14.2794, Latitude: 37.5676}},
}

func near(km float64) glide.GeoArea {
	return glide.ByRadius(glide.FromLonLat(15, 37), km, glide.Kilometers)
}

func TestGeoAddGivesHowManyAreNew(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 2, harness.Value(c.GeoAdd(ctx, "k", sicily[:2]))(t))
		moved := []glide.GeoMember{{Member: "Palermo", Position: glide.GeoPosition{Longitude: 13, Latitude: 38}}, sicily[2]}
		require.EqualValues(t, 0, harness.Value(c.GeoAdd(ctx, "k", moved, glide.IfPresent))(t))
		require.EqualValues(t, 1, harness.Value(c.GeoAdd(ctx, "k", sicily, glide.IfAbsent, glide.CountChanged))(t))
		require.EqualValues(t, 1, harness.Value(c.GeoAdd(ctx, "k", sicily, glide.CountChanged))(t))
		require.EqualValues(t, 3, harness.Value(c.ZCard(ctx, "k"))(t))
		for _, position := range []glide.GeoPosition{{Longitude: 180.1}, {Latitude: -85.1}, {Longitude: math.Inf(1)}} {
			_, err := c.GeoAdd(ctx, "k", []glide.GeoMember{{Member: "x", Position: position}})
			harness.RequireCode(t, "ERR", err)
		}
		require.EqualValues(t, 2, harness.Value(c.GeoAdd(ctx, "edges", []glide.GeoMember{
			{Member: "a", Position: glide.GeoPosition{Longitude: 180, Latitude: 85}}, {Member: "b", Position: glide.GeoPosition{Longitude: -180, Latitude: -85}}}))(t))
	})
}

func TestGeoTellsWhereMembersAre(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.GeoAdd(ctx, "k", sicily))(t))
		positions := harness.Value(c.GeoPos(ctx, "k", "Palermo", "absent", "Enna"))(t)
		require.Len(t, positions, 3)
		require.InDelta(t, 13.361389, positions[0].Value().Longitude, 1e-5)
		require.InDelta(t, 38.115556, positions[0].Value().Latitude, 1e-5)
		require.True(t, positions[1].IsNil())
		require.InDelta(t, 37.5676, positions[2].Value().Latitude, 1e-5)
		require.Equal(t, []glide.Optional[string]{glide.Some("sqc8b49rny0"), {}, glide.Some("sqdtr74hyu0")}, harness.Value(c.GeoHash(ctx, "k", "Palermo", "absent", "Catania"))(t))

		for unit, distance := range map[glide.GeoUnit]float64{glide.Meters: 166274.1516, glide.Kilometers: 166.2742, glide.Feet: 545518.8700, glide.Miles: 103.3182} {
			require.Equal(t, glide.Some(distance), harness.Value(c.GeoDist(ctx, "k", "Palermo", "Catania", unit))(t))
		}
		require.Equal(t, glide.Some(0.0), harness.Value(c.GeoDist(ctx, "k", "Palermo", "Palermo", glide.Meters))(t))
		require.True(t, harness.Value(c.GeoDist(ctx, "k", "Palermo", "absent", glide.Meters))(t).IsNil())
		require.True(t, harness.Value(c.GeoDist(ctx, "absent", "Palermo", "Catania", glide.Meters))(t).IsNil())
		require.Equal(t, []glide.Optional[glide.GeoPosition]{{}, {}}, harness.Value(c.GeoPos(ctx, "absent", "a", "b"))(t))
		require.Equal(t, []glide.Optional[string]{{}}, harness.Value(c.GeoHash(ctx, "absent", "a"))(t))
	})
}

func TestGeoSearchGivesWhatIsInAnArea(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.GeoAdd(ctx, "k", sicily))(t))
		of := func(area glide.GeoArea, options ...glide.GeoSearchOption) []string {
			return harness.Value(c.GeoSearch(ctx, "k", area, options...))(t)
		}
		require.ElementsMatch(t, []string{"Catania", "Enna", "Palermo"}, of(near(200)))
		require.ElementsMatch(t, []string{"Catania", "Enna", "Palermo"}, of(near(math.Inf(1))))
		require.Equal(t, []string{"Catania", "Enna", "Palermo"}, of(near(200), glide.Ascending))
		require.Equal(t, []string{"Palermo", "Enna", "Catania"}, of(near(200), glide.Descending))
		require.Equal(t, []string{"Catania", "Enna"}, of(near(200), glide.Count(2)))
		require.Equal(t, []string{"Palermo"}, of(near(200), glide.Count(1), glide.Descending))
		require.Len(t, of(near(200), glide.CountAny(2)), 2)
		require.Equal(t, []string{"Catania"}, of(near(60)))
		require.Empty(t, of(near(0)))
		require.Equal(t, []string{"Enna", "Catania"}, of(glide.ByRadius(glide.FromMember("Enna"), 60, glide.Miles), glide.Ascending))
		require.Equal(t, []string{"Enna"}, of(glide.ByBox(glide.FromMember("Enna"), 10, 10, glide.Feet)))
		require.ElementsMatch(t, []string{"Enna", "Catania"}, of(glide.ByBox(glide.FromLonLat(14.5, 37.5), 200_000, 50_000, glide.Meters)))
		require.Empty(t, harness.Value(c.GeoSearch(ctx, "absent", near(200)))(t))
		require.Empty(t, harness.Value(c.GeoSearchWithDetails(ctx, "absent", near(200), glide.WithDist))(t))

		_, err := c.GeoSearch(ctx, "k", glide.ByRadius(glide.FromMember("absent"), 1, glide.Meters))
		harness.RequireCode(t, "ERR", err)
		_, err = c.GeoSearch(ctx, "k", glide.ByRadius(glide.FromLonLat(200, 0), 1, glide.Meters))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestGeoSearchGivesTheDetailsAskedFor(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.GeoAdd(ctx, "k", sicily))(t))
		catania := harness.Value(c.GeoPos(ctx, "k", "Catania"))(t)[0].Value()
		of := func(options ...glide.GeoSearchDetailsOption) []glide.GeoMatch {
			return harness.Value(c.GeoSearchWithDetails(ctx, "k", near(60), options...))(t)
		}
		require.Equal(t, []glide.GeoMatch{{Member: "Catania"}}, of())
		require.Equal(t, []glide.GeoMatch{{Member: "Catania", Distance: 56.4413}}, of(glide.WithDist))
		require.Equal(t, []glide.GeoMatch{{Member: "Catania", Hash: 3479447370796909}}, of(glide.WithHash))
		require.Equal(t, []glide.GeoMatch{{Member: "Catania", Position: catania}}, of(glide.WithCoord))
		require.Equal(t, []glide.GeoMatch{{Member: "Catania", Distance: 56.4413, Hash: 3479447370796909, Position: catania}},
			of(glide.WithCoord, glide.CountAny(1), glide.WithHash, glide.Ascending, glide.WithDist))
		all := harness.Value(c.GeoSearchWithDetails(ctx, "k", near(200), glide.WithDist, glide.Descending, glide.Count(3)))(t)
		require.Equal(t, []string{"Palermo", "Enna", "Catania"}, []string{all[0].Member, all[1].Member, all[2].Member})
	})
}

func TestGeoSearchKnowsPolygons(t *testing.T) {
	harness.Needs(t, "GEOSEARCH BYPOLYGON", "9.0", "")
	west := glide.ByPolygon(glide.GeoPosition{Longitude: 12, Latitude: 37}, glide.GeoPosition{Longitude: 12, Latitude: 39},
		glide.GeoPosition{Longitude: 14.5, Latitude: 39}, glide.GeoPosition{Longitude: 14.5, Latitude: 37})
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.GeoAdd(ctx, "{k}a", sicily))(t))
		require.Equal(t, []string{"Palermo", "Enna"}, harness.Value(c.GeoSearch(ctx, "{k}a", west, glide.Ascending))(t))
		found := harness.Value(c.GeoSearchWithDetails(ctx, "{k}a", west, glide.WithDist, glide.Count(1)))(t)
		require.Len(t, found, 1)
		require.InDelta(t, 15_000, found[0].Distance, 10_000, "meters from the middle")
		require.EqualValues(t, 2, harness.Value(c.GeoSearchStore(ctx, "{k}b", "{k}a", west))(t))
		_, err := c.GeoSearch(ctx, "{k}a", glide.ByPolygon(glide.GeoPosition{}, glide.GeoPosition{Longitude: 200}, glide.GeoPosition{Latitude: 1}))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestGeoSearchStoresPlacesOrDistances(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.GeoAdd(ctx, "{k}a", sicily))(t))
		require.EqualValues(t, 2, harness.Value(c.GeoSearchStore(ctx, "{k}b", "{k}a", near(200), glide.Count(2)))(t))
		require.Equal(t, harness.Value(c.GeoPos(ctx, "{k}a", "Catania", "Enna"))(t), harness.Value(c.GeoPos(ctx, "{k}b", "Catania", "Enna"))(t))
		require.EqualValues(t, 1, harness.Value(c.GeoSearchStore(ctx, "{k}b", "{k}a", near(200), glide.Descending, glide.Count(1), glide.StoreDist))(t))
		require.InDelta(t, 190.4424, harness.Value(c.ZScore(ctx, "{k}b", "Palermo"))(t).Value(), 1e-3)
		require.EqualValues(t, 1, harness.Value(c.GeoSearchStore(ctx, "{k}b", "{k}a", near(200), glide.CountAny(1)))(t))
		require.EqualValues(t, 0, harness.Value(c.GeoSearchStore(ctx, "{k}b", "{k}absent", near(200)))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}b"))(t))
	})
}

func TestGeoMembersAreBinarySafe(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, m := range append([]string{"COUNT", "ANY", "STOREDIST", "BYBOX"}, harness.Hostile...) {
			key := m + "k"
			require.EqualValues(t, 1, harness.Value(c.GeoAdd(ctx, key, []glide.GeoMember{{Member: m}}))(t))
			require.Equal(t, []string{m}, harness.Value(c.GeoSearch(ctx, key, glide.ByRadius(glide.FromMember(m), 1, glide.Meters)))(t))
			require.Equal(t, m, harness.Value(c.GeoSearchWithDetails(ctx, key, glide.ByRadius(glide.FromMember(m), 1, glide.Meters), glide.WithHash))(t)[0].Member)
			require.Equal(t, glide.Some(0.0), harness.Value(c.GeoDist(ctx, key, m, m, glide.Meters))(t))
			require.False(t, harness.Value(c.GeoPos(ctx, key, m))(t)[0].IsNil())
		}
	})
}

func TestAnotherTypeHasNoPlaces(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "v"))
		wrong := func(_ any, err error) {
			t.Helper()
			harness.RequireCode(t, "WRONGTYPE", err)
		}
		wrong(c.GeoAdd(ctx, "k", sicily))
		wrong(c.GeoDist(ctx, "k", "a", "b", glide.Meters))
		wrong(c.GeoHash(ctx, "k", "a"))
		wrong(c.GeoPos(ctx, "k", "a"))
		wrong(c.GeoSearch(ctx, "k", near(1)))
		wrong(c.GeoSearchWithDetails(ctx, "k", near(1), glide.WithDist))
		wrong(c.GeoSearchStore(ctx, "k", "k", near(1)))
	})
}
