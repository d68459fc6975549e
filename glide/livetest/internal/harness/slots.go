package harness

import (
	"fmt"
	"strings"
	"sync"
)

// Slots is how many slots a cluster has.
const Slots = 16384

// SlotOfKey is the slot that a key belongs to.
func SlotOfKey(key string) int {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			key = tag
		}
	}
	crc := uint16(0)
	for _, b := range []byte(key) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % Slots
}

// keyOfSlot has a short key for each slot.
var keyOfSlot = sync.OnceValue(func() []string {
	keys, missing := make([]string, Slots), Slots
	for i := 0; missing > 0; i++ {
		key := fmt.Sprint("k", i)
		if slot := SlotOfKey(key); keys[slot] == "" {
			keys[slot] = key
			missing--
		}
	}
	return keys
})

// KeyOfSlot returns a key of a slot.
func KeyOfSlot(slot int) string { return keyOfSlot()[slot] }

// KeysOfSlot returns a key of a slot for each number.
func KeysOfSlot(slot, number int) string { return fmt.Sprintf("{%s}%d", KeyOfSlot(slot), number) }
