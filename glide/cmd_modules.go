package glide

import "github.com/valkey-glide/go/glide/internal/decode"

// ModuleList returns the modules that the server has loaded. In a cluster any
// node answers.
//
// https://valkey.io/commands/module-list/
func moduleList() command[[]Module] { return newCommand(named("MODULE LIST"), readModules) }

// ModuleLoad loads a module from a file on the server, with arguments for the
// module. The server's configuration must allow it (enable-module-command). If
// loading fails, the reason is in the server's log.
//
// https://valkey.io/commands/module-load/
//
//glide:server it is about one server: of a cluster any node would load it
func moduleLoad(path string, args ...string) command[struct{}] {
	return newCommand(named("MODULE LOAD").Arg(path).Args(args), decode.OK)
}

// ModuleLoadEx loads a module like [Client.ModuleLoad], and sets configuration
// parameters of the module, as in [Client.ConfigSet]. Since version 7.0.
//
// https://valkey.io/commands/module-loadex/
//
//glide:server it is about one server: of a cluster any node would load it
func moduleLoadEx(path string, settings map[string]string, args ...string) command[struct{}] {
	cmd := named("MODULE LOADEX").Arg(path)
	for name, value := range settings {
		cmd = cmd.Arg("CONFIG").Arg(name).Arg(value)
	}
	if len(args) > 0 {
		cmd = cmd.Arg("ARGS").Args(args)
	}
	return newCommand(cmd, decode.OK)
}

// ModuleUnload unloads a module by its name. It is an error if the module is
// not loaded or defines data types.
//
// https://valkey.io/commands/module-unload/
//
//glide:server it is about one server: of a cluster any node would unload it
func moduleUnload(name string) command[struct{}] {
	return newCommand(named("MODULE UNLOAD").Arg(name), decode.OK)
}
