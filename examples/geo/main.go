// Geo finds what is near: the shops within some kilometres, nearest first, and those in
// the part of a map that is shown.
//
// Commands: GEOADD, GEOSEARCH with BYRADIUS and BYBOX, GEODIST, ZREM.
//
//	go run ./geo
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	within 3 km of the station:
//	- bakery, 0.9 km
//	- market, 2.2 km
//	on the map: [bakery market airport]
//	from the bakery to the airport: 17.5 km
//	without the market: [bakery]
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

const shops = "example:shops"

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	// Longitude comes first.
	if _, err := client.GeoAdd(ctx, shops, []glide.GeoMember{
		glide.NewGeoMember("bakery", 13.3777, 52.5192),
		glide.NewGeoMember("market", 13.4019, 52.5224),
		glide.NewGeoMember("airport", 13.5033, 52.3814),
	}); err != nil {
		return err
	}
	station := glide.FromLonLat(13.3694, 52.5250)
	near := glide.ByRadius(station, 3, glide.Kilometers)
	found, err := client.GeoSearchWithDetails(ctx, shops, near, glide.WithDist, glide.Ascending, glide.Count(10))
	if err != nil {
		return err
	}
	fmt.Println("within 3 km of the station:")
	for _, shop := range found {
		fmt.Printf("- %s, %.1f km\n", shop.Member, shop.Distance)
	}

	shown := glide.ByBox(station, 40, 40, glide.Kilometers)
	onMap, err := client.GeoSearch(ctx, shops, shown, glide.Ascending)
	if err != nil {
		return err
	}
	fmt.Println("on the map:", onMap)

	distance, err := client.GeoDist(ctx, shops, "bakery", "airport", glide.Kilometers)
	if err != nil {
		return err
	}
	far, err := distance.OrErr(errors.New("one of them is not there"))
	if err != nil {
		return err
	}
	fmt.Printf("from the bakery to the airport: %.1f km\n", far)

	if _, err := client.ZRem(ctx, shops, "market"); err != nil { // it is a sorted set
		return err
	}
	left, err := client.GeoSearch(ctx, shops, near)
	if err != nil {
		return err
	}
	fmt.Println("without the market:", left)
	_, err = client.Del(ctx, shops)
	return err
}
