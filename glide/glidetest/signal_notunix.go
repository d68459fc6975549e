//go:build !unix

package glidetest

import (
	"errors"
	"os"
)

// There are no servers for these systems; the package only has to build there.
var terminateSignal = os.Kill

func stopSignal(*os.Process) error     { return errors.ErrUnsupported }
func continueSignal(*os.Process) error { return errors.ErrUnsupported }
