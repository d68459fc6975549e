package glidegoredis

import (
	"io"
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// state is what requests have made of a connection.
type state struct {
	transaction *transaction
	// watches is whether keys are watched in the session, and watchedSlot is theirs in
	// a cluster.
	watches     bool
	watchedSlot int
	// sticks is whether the session lasts as long as the connection.
	sticks bool
	// name is that of CLIENT SETNAME.
	name    string
	replies replies
	// subscription is what the connection is subscribed to.
	subscription subscription
}

// replies says which replies are sent; see CLIENT REPLY.
type replies uint8

const (
	repliesOn   replies = iota
	repliesSkip         // the next one is not
	repliesOff
)

// handlers returns the commands that are about the connection.
func handlers() map[string]func(*conn, *request) error {
	return map[string]func(*conn, *request) error{
		"AUTH":         (*conn).auth,
		"CLIENT":       (*conn).client,
		"DISCARD":      (*conn).discardWithoutMulti,
		"EXEC":         (*conn).execWithoutMulti,
		"HELLO":        (*conn).hello,
		"MULTI":        (*conn).multi,
		"PSUBSCRIBE":   (*conn).subscribe,
		"PUNSUBSCRIBE": (*conn).unsubscribe,
		"QUIT":         (*conn).quit,
		"RESET":        (*conn).reset,
		"SCAN":         (*conn).scan,
		"SELECT":       (*conn).selects,
		"SSUBSCRIBE":   (*conn).subscribe,
		"SUBSCRIBE":    (*conn).subscribe,
		"SUNSUBSCRIBE": (*conn).unsubscribe,
		"UNSUBSCRIBE":  (*conn).unsubscribe,
		"UNWATCH":      (*conn).unwatch,
		"WAIT":         (*conn).wait,
		"WATCH":        (*conn).watch,
	}
}

// reply runs a request and keeps its reply, if replies are on.
func (c *conn) reply(r *request, run func(*request) error) {
	mark, before := len(c.encoder.out), c.replies
	if err := run(r); err != nil {
		c.fail(err)
	}
	switch {
	case before == repliesSkip && c.replies == repliesSkip:
		c.replies = repliesOn
	case before == repliesOn && c.replies == repliesOn, before == repliesOff && c.replies == repliesOn:
		return
	}
	c.encoder.out = c.encoder.out[:mark]
}

var errNoProtocol = replyError{"NOPROTO", "unsupported protocol version"}

// hello answers HELLO as the server does, but for the version of the protocol: that
// is this connection's own.
func (c *conn) hello(r *request) error {
	words := r.arguments()
	r.Release()
	resp2 := c.encoder.resp2
	var setName *string
	var auth []string
	if len(words) > 0 {
		version, err := strconv.Atoi(words[0])
		if err != nil {
			return replyError{"ERR", "Protocol version is not an integer or out of range"}
		}
		if version != 2 && version != 3 {
			return errNoProtocol
		}
		resp2 = version == 2
		for words = words[1:]; len(words) > 0; {
			switch {
			case strings.EqualFold(words[0], "AUTH") && len(words) >= 3:
				auth, words = words[1:3], words[3:]
			case strings.EqualFold(words[0], "SETNAME") && len(words) >= 2:
				setName, words = &words[1], words[2:]
			default:
				return replyError{"ERR", "Syntax error in HELLO option '" + strings.ToLower(words[0]) + "'"}
			}
		}
	}
	if auth != nil {
		if err := c.authenticate(auth...); err != nil {
			return err
		}
	}
	if setName != nil {
		c.name = *setName
	}
	c.encoder.resp2 = resp2
	question := newRequest("HELLO")
	c.prepare(&question, false)
	_, err := engine.Run(c.handle, c.bridge.engine, question.Request, false, c.encodeHello)
	question.Release()
	return err
}

// encodeHello encodes the reply to HELLO with the version of this connection.
func (c *conn) encodeHello(r *wire.Reader) (struct{}, error) {
	n, err := r.Map()
	c.encoder.mapHead(n)
	for range n {
		if err != nil {
			return struct{}{}, err
		}
		var key []byte
		if key, err = r.View(); err != nil {
			return struct{}{}, err
		}
		c.encoder.text(key)
		if string(key) != "proto" {
			err = c.encoder.value(r, 1)
			continue
		}
		version := int64(3)
		if c.encoder.resp2 {
			version = 2
		}
		c.encoder.integer(version)
		err = r.Skip()
	}
	return struct{}{}, err
}

// auth authenticates as another user than the client does.
func (c *conn) auth(r *request) error {
	words := r.arguments()
	r.Release()
	if len(words) < 1 || len(words) > 2 {
		return arity("auth")
	}
	if err := c.authenticate(words...); err != nil {
		return err
	}
	c.encoder.status("OK")
	return nil
}

// authenticate runs AUTH on a dedicated connection, which is used from then on.
func (c *conn) authenticate(words ...string) error {
	r := newRequest("AUTH", words...)
	if c.bridge.cluster {
		r.Release()
		return replyError{"ERR", "AUTH is not possible: a connection has the credentials of its cluster client, so the user name and the password of go-redis must be empty"}
	}
	mark := len(c.encoder.out)
	err := c.stick(&r)
	c.encoder.out = c.encoder.out[:mark]
	return err
}

// selects answers SELECT of the client's database, and has another one selected on a
// dedicated connection.
func (c *conn) selects(r *request) error {
	if database, ok := number(r.word(1)); ok && r.words == 2 && !c.sticks && database == c.bridge.engine.Database() {
		r.Release()
		c.encoder.status("OK")
		return nil
	}
	return c.stick(r)
}

func (c *conn) quit(r *request) error {
	r.Release()
	c.dropTransaction()
	c.encoder.status("OK")
	c.lose(io.EOF)
	return nil
}

// reset makes the connection as it was when it was dialed.
func (c *conn) reset(r *request) error {
	r.Release()
	c.dropTransaction()
	c.endSession()
	c.resetSubscriptions()
	c.state = state{watchedSlot: engine.NoSlot}
	c.setSilent(false)
	c.encoder.resp2 = true
	c.encoder.status("RESET")
	return nil
}

// clientCommands are the subcommands of CLIENT that are about the connection. Others
// are sent as they are.
var clientCommands map[string]func(c *conn, r *request) error

func init() {
	clientCommands = map[string]func(c *conn, r *request) error{
		"SETNAME":             (*conn).setName,
		"GETNAME":             (*conn).getName,
		"SETINFO":             (*conn).setInfo,
		"REPLY":               (*conn).setReplies,
		"CAPA":                (*conn).accepted,
		"NO-EVICT":            (*conn).stick,
		"NO-TOUCH":            (*conn).stick,
		"IMPORT-SOURCE":       (*conn).stick,
		"MAINT_NOTIFICATIONS": refuseClient("notifications of maintenance are for connections to servers"),
		"TRACKING":            refuseClient("replies are cached by Config.Cache of the glide client"),
		"CACHING":             refuseClient("replies are cached by Config.Cache of the glide client"),
	}
}

func refuseClient(why string) func(*conn, *request) error {
	return func(_ *conn, r *request) error {
		r.Release()
		return replyError{"ERR", "glide: " + why}
	}
}

func (c *conn) client(r *request) error {
	if handle := clientCommands[strings.ToUpper(string(r.word(1)))]; handle != nil {
		return handle(c, r)
	}
	return c.one(r)
}

func (c *conn) setName(r *request) error {
	defer r.Release()
	if r.words != 3 {
		return arity("client|setname")
	}
	name := string(r.word(2))
	for _, b := range []byte(name) {
		if b < '!' || b > '~' {
			return replyError{"ERR", "Client names cannot contain spaces, newlines or special characters."}
		}
	}
	c.name = name
	c.encoder.status("OK")
	return nil
}

func (c *conn) getName(r *request) error {
	defer r.Release()
	if c.name == "" {
		c.encoder.null()
		return nil
	}
	c.encoder.text([]byte(c.name))
	return nil
}

// setInfo answers what names a library: the connection is glide's.
func (c *conn) setInfo(r *request) error {
	defer r.Release()
	if r.words != 4 {
		return arity("client|setinfo")
	}
	if kind := r.word(2); !is(kind, "LIB-NAME") && !is(kind, "LIB-VER") {
		return replyError{"ERR", "Unrecognized option '" + string(kind) + "'"}
	}
	c.encoder.status("OK")
	return nil
}

func (c *conn) accepted(r *request) error {
	r.Release()
	c.encoder.status("OK")
	return nil
}

// setReplies turns replies on and off.
func (c *conn) setReplies(r *request) error {
	defer r.Release()
	if r.words != 3 {
		return arity("client|reply")
	}
	switch mode := r.word(2); {
	case is(mode, "ON"):
		c.replies = repliesOn
		c.encoder.status("OK")
	case is(mode, "OFF"):
		c.replies = repliesOff
	case is(mode, "SKIP"):
		if c.replies == repliesOn {
			c.replies = repliesSkip
		}
	default:
		return replyError{"ERR", "syntax error"}
	}
	c.setSilent(c.replies == repliesOff)
	return nil
}

// setSilent says whether a Write has to run requests itself.
func (c *conn) setSilent(silent bool) {
	c.mu.Lock()
	c.silent = silent
	c.mu.Unlock()
}

// waitChannel is where WAIT publishes.
const waitChannel = "__glide:wait"

// wait waits until replicas have what was written before. The server counts from the
// last write of the connection that waits, which is another one than that of the
// writes. So it writes something first: a message, which replicas are sent in the
// same order, and which needs no subscriber.
func (c *conn) wait(r *request) error {
	switch {
	case c.bridge.cluster:
		r.Release()
		return replyError{"ERR", "glide: in a cluster, WAIT would have to be sent to each node that was written to"}
	case c.session.Load() != 0:
		return c.blocking(r)
	}
	if err := c.beginSession(); err != nil {
		r.Release()
		return err
	}
	defer c.endSession()
	if err := c.unseen(newRequest("PUBLISH", waitChannel, "")); err != nil {
		r.Release()
		return err
	}
	return c.blocking(r)
}

// blocking runs a request that waits on the server in the session.
func (c *conn) blocking(r *request) error {
	c.prepare(r, true)
	c.encoder.shape = shapeUsual
	_, err := engine.Run(c.handle, c.bridge.engine, r.Request, true, c.readOne)
	r.Release()
	return err
}
