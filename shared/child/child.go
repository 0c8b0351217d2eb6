// Package child says how the processes are started that must not outlive this one.
package child
