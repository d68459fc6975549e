// Package fakeserver is a server for fault tests. It speaks as much of the
// protocol as a client needs to connect, standalone or in cluster mode, with
// and without TLS, and answers each command as a test tells it to.
//
//	server := fakeserver.Start(t, fakeserver.WithTLS())
//	server.Handle("INCR", func(c *fakeserver.Conn, args []string) string {
//		c.Run(args)        // the command runs,
//		c.Corrupt()        // and its reply is lost
//		return fakeserver.NoReply
//	})
//
// Real servers cannot be made to run a command and then break at exactly that
// moment. What needs no such moment is tested with real servers, see glidetest.
package fakeserver
