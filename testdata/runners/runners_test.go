// Requirements for a test runner: files next to the tests, output while a test runs, and failures.
package runners

import (
	"os"
	"testing"
	"time"
)

func TestFile(t *testing.T) {
	if _, err := os.ReadFile("go.mod"); err != nil {
		t.Error(err)
	}
}

// TestStream continues after its output was read.
func TestStream(t *testing.T) {
	answer := os.Getenv("ANSWER")
	if answer == "" {
		return
	}
	t.Log("is anybody there?")
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(answer); err == nil {
			return
		}
	}
	t.Error("nobody has read it")
}

func TestFailure(t *testing.T) {
	t.Error("as it should")
}

// TestLoop does not end if the variable LOOP is set.
func TestLoop(t *testing.T) {
	if os.Getenv("LOOP") != "" {
		loop(1)
	}
}

//go:noinline
func loop(n int) {
	for n != 0 { n = n*5 | 1 }
}
