package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_HSet() {
	client := exampleClient()
	defer client.Close()

	added, err := client.HSet(ctx, "user:1", map[string]string{"name": "Alice", "city": "Bern"})
	fmt.Println(added, err)
	added, _ = client.HSet(ctx, "user:1", map[string]string{"city": "Basel", "age": "30"})
	fmt.Println(added)
	user, err := client.HGetAll(ctx, "user:1")
	fmt.Println(user, err)
	// Output:
	// 2 <nil>
	// 1
	// map[age:30 city:Basel name:Alice] <nil>
}

func ExampleClient_HMGet() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.HSet(ctx, "user:1", map[string]string{"name": "Alice", "city": "Bern"})
	values, err := client.HMGet(ctx, "user:1", "name", "email")
	for _, value := range values {
		fmt.Println(value.Or("missing"))
	}
	fmt.Println(err)
	// Output:
	// Alice
	// missing
	// <nil>
}

func ExampleClient_HRandFieldWithValues() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.HSet(ctx, "dice", map[string]string{"one": "1"})
	throws, err := client.HRandFieldWithValues(ctx, "dice", -3) // three, of which some may be the same
	for _, throw := range throws {
		fmt.Println(throw.Name, throw.Value)
	}
	fmt.Println(err)
	// Output:
	// one 1
	// one 1
	// one 1
	// <nil>
}

func ExampleClient_HashFields() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.HSet(ctx, "user:1", map[string]string{"name": "Alice", "phone:home": "11", "phone:work": "22"})
	phones := map[string]string{}
	for field, err := range client.HashFields(ctx, "user:1", glide.Match("phone:*")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		phones[field.Name] = field.Value
	}
	fmt.Println(phones)
	// Output: map[phone:home:11 phone:work:22]
}

// Servers before Valkey 9.0 do not know it.
func ExampleClient_HExpire() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.HSet(ctx, "user:1", map[string]string{"name": "Alice", "token": "secret"})
	changed, err := client.HExpire(ctx, "user:1", time.Hour, []string{"token", "absent"})
	fmt.Println(changed, err) // [expiry changed no such field] <nil>
	lifetimes, err := client.HTTL(ctx, "user:1", "name", "token")
	fmt.Println(lifetimes[0].Expires(), lifetimes[1].Expires(), err) // false true <nil>
}

// Servers before Valkey 9.0 do not know it.
func ExampleClient_HSetEx() {
	client := exampleClient()
	defer client.Close()

	session := map[string]string{"token": "secret", "device": "phone"}
	for range 2 {
		begun, err := client.HSetEx(ctx, "user:1", session, glide.IfFieldsAbsent, glide.ExpireIn(time.Hour))
		fmt.Println(begun, err) // true <nil>, then false <nil>
	}
}
