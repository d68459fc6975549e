// Package glide is a client for Valkey and Redis OSS.
package glide
