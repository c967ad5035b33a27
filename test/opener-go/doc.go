// Package opener opens sealed secrets and verifies channels of edgeseal.
//
// It is a second implementation, written from docs/FORMAT.md alone. Numbers of
// sections in comments are those of that page.
package opener
