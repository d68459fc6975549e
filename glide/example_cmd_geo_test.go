package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_GeoSearch() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.GeoAdd(ctx, "towns", []glide.GeoMember{
		{Member: "Palermo", Position: glide.GeoPosition{Longitude: 13.361389, Latitude: 38.115556}},
		{Member: "Catania", Position: glide.GeoPosition{Longitude: 15.087269, Latitude: 37.502669}},
		{Member: "Enna", Position: glide.GeoPosition{Longitude: 14.2794, Latitude: 37.5676}},
	})
	nearest, err := client.GeoSearch(ctx, "towns", glide.ByRadius(glide.FromMember("Enna"), 100, glide.Kilometers), glide.Ascending)
	fmt.Println(nearest, err)
	boxed, err := client.GeoSearch(ctx, "towns", glide.ByBox(glide.FromLonLat(15, 37.5), 50, 50, glide.Miles))
	fmt.Println(boxed, err)
	// Output:
	// [Enna Catania] <nil>
	// [Catania] <nil>
}

func ExampleClient_GeoSearchWithDetails() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.GeoAdd(ctx, "towns", []glide.GeoMember{
		{Member: "Palermo", Position: glide.GeoPosition{Longitude: 13.361389, Latitude: 38.115556}},
		{Member: "Catania", Position: glide.GeoPosition{Longitude: 15.087269, Latitude: 37.502669}},
	})
	here := glide.FromLonLat(15, 37)
	found, err := client.GeoSearchWithDetails(ctx, "towns", glide.ByRadius(here, 200, glide.Kilometers),
		glide.WithDist, glide.WithCoord, glide.Count(1))
	for _, town := range found {
		fmt.Printf("%s %.1f km %.3f %.3f\n", town.Member, town.Distance, town.Position.Longitude, town.Position.Latitude)
	}
	fmt.Println(err)
	// Output:
	// Catania 56.4 km 15.087 37.503
	// <nil>
}

func ExampleClient_GeoDist() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.GeoAdd(ctx, "towns", []glide.GeoMember{
		{Member: "Palermo", Position: glide.GeoPosition{Longitude: 13.361389, Latitude: 38.115556}},
		{Member: "Catania", Position: glide.GeoPosition{Longitude: 15.087269, Latitude: 37.502669}},
		{Member: "Enna", Position: glide.GeoPosition{Longitude: 14.2794, Latitude: 37.5676}},
	})
	distance, err := client.GeoDist(ctx, "towns", "Palermo", "Catania", glide.Kilometers)
	fmt.Println(distance.Value(), err)
	distance, err = client.GeoDist(ctx, "towns", "Palermo", "Atlantis", glide.Kilometers)
	fmt.Println(distance.IsNil(), err)
	// Output:
	// 166.2742 <nil>
	// true <nil>
}
