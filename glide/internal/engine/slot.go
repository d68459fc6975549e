package engine

import (
	"bytes"
	"iter"
)

// What SlotOf returns if there is no common slot.
const (
	NoSlot       = -1
	SeveralSlots = -2
)

// Slots is how many slots a cluster has.
const Slots = 16384

// SlotOfKey returns a key's slot.
func SlotOfKey(key string) int { return slotOf([]byte(key)) }

// SlotOf returns the slot of all keys.
func SlotOf(keys iter.Seq[[]byte]) int {
	slot := NoSlot
	for key := range keys {
		switch s := slotOf(key); slot {
		case NoSlot, s:
			slot = s
		default:
			return SeveralSlots
		}
	}
	return slot
}

// slotOf returns a key's slot, by the part of it between the first { and the
// next } if there is something between.
func slotOf(key []byte) int {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if end := bytes.IndexByte(key[open+1:], '}'); end > 0 {
			key = key[open+1 : open+1+end]
		}
	}
	var crc uint16
	for _, b := range key {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^b]
	}
	return int(crc % Slots)
}

// crcTable is for CRC-16/XMODEM, by which clusters distribute keys.
var crcTable = func() (table [256]uint16) {
	const polynomial = 0x1021
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*polynomial
		}
		table[i] = crc
	}
	return table
}()
