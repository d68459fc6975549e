package generator

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilesAreThoseOfAPattern(t *testing.T) {
	folder := t.TempDir()
	_, err := Files(folder, "*.go")
	require.EqualError(t, err, "no *.go in "+folder)
	path := filepath.Join(folder, "a.go")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.txt"), nil, 0o600))
	paths, err := Files(folder, "*.go")
	require.NoError(t, err)
	require.Equal(t, []string{path}, paths)
}
