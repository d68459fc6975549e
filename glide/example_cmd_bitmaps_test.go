package glide_test

import (
	"fmt"

	"github.com/valkey-glide/go/glide"
)

// One bit for each user who was there on a day.
func ExampleClient_SetBit() {
	client := exampleClient()
	defer client.Close()

	for _, user := range []int64{3, 5, 1_000} {
		_, _ = client.SetBit(ctx, "monday", user, true)
	}
	there, err := client.GetBit(ctx, "monday", 5)
	fmt.Println(there, err)
	count, err := client.BitCount(ctx, "monday")
	fmt.Println(count, err)
	// Output:
	// true <nil>
	// 3 <nil>
}

func ExampleClient_BitOp() {
	client := exampleClient()
	defer client.Close()

	_ = client.MSet(ctx, map[string]string{"monday": "\x0f", "tuesday": "\x3c"})
	length, err := client.BitOp(ctx, glide.BitAnd, "both", "monday", "tuesday")
	fmt.Println(length, err)
	both, _ := client.Get(ctx, "both")
	fmt.Printf("%08b\n", both.Value()[0])
	// Output:
	// 1 <nil>
	// 00001100
}

func ExampleClient_BitPos() {
	client := exampleClient()
	defer client.Close()

	_ = client.Set(ctx, "seats", "\xff\xef")
	free, err := client.BitPos(ctx, "seats", false)
	fmt.Println(free.Value(), err)
	free, err = client.BitPos(ctx, "seats", false, glide.ByteRange(0, 0))
	fmt.Println(free.IsNil(), err)
	// Output:
	// 11 <nil>
	// true <nil>
}

// Many small counters in one string.
func ExampleClient_BitField() {
	client := exampleClient()
	defer client.Close()

	lives, points := glide.Unsigned(4).At(0), glide.Unsigned(12).At(4)
	results, err := client.BitField(ctx, "player:1",
		glide.BitFieldSet(lives, 3),
		glide.BitFieldIncrBy(points, 5_000, glide.OverflowSaturate), // 12 bits hold no more than 4095
		glide.BitFieldIncrBy(lives, -4, glide.OverflowFail),
		glide.BitFieldGet(lives))
	for _, result := range results {
		fmt.Println(result.Get())
	}
	fmt.Println(err)
	// Output:
	// 0 true
	// 4095 true
	// 0 false
	// 3 true
	// <nil>
}
