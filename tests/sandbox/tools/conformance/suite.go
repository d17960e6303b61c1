//go:build tools

// Package conformance names what is built from this module, so that its sources stay pinned.
package conformance

import (
	// The suite itself; it is built as a test binary, which a tool line cannot name.
	_ "k8s.io/kubernetes/test/e2e"
)
