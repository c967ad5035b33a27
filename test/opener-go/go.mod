module edgeseal.dev/opener

go 1.26.0

require (
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/crypto v0.58.0
)

require golang.org/x/sys v0.49.0 // indirect
