package opener

// Floor is what a secret must not fall below (section 10.6).
type Floor struct {
	Version   int64
	Statement string // digest; empty after a deletion
}

// refusedTypes are made by the cluster itself, or not at all.
var refusedTypes = map[string]bool{
	"kubernetes.io/service-account-token": true,
	"bootstrap.kubernetes.io/token":       true,
}

// AcceptedSecret is a secret that was accepted.
type AcceptedSecret struct {
	Author string
	Items  map[string][]byte
	Floor  Floor // its new one
}

// AcceptSecret judges one listed secret; floor is nil where there is none.
func (a *Accepted) AcceptSecret(listed *ListedSecret, floor *Floor, keys []RegionKey) (*AcceptedSecret, error) {
	secret, err := ReadSecret(listed.File)
	if err != nil {
		return nil, err
	}
	if secret.Namespace != listed.Namespace || secret.Name != listed.Name || secret.Version != listed.Version {
		return nil, refuse("snapshot", "the file is another secret, or version, than its index says")
	}
	statement, err := Statement(secret, a.channel.Repository)
	if err != nil {
		return nil, err
	}
	accepted := &AcceptedSecret{Floor: Floor{secret.Version, hashOf(statement)}}
	if accepted.Author, err = a.Root.Judge(secret, statement); err != nil {
		return nil, err
	}
	if floor != nil {
		if secret.Version < floor.Version {
			return nil, refuse("floor", "version %d is below %d", secret.Version, floor.Version)
		}
		if secret.Version == floor.Version && floor.Statement != "" && floor.Statement != accepted.Floor.Statement {
			return nil, refuse("floor", "another statement at version %d", secret.Version)
		}
	}
	if refusedTypes[secret.Template.Type] {
		return nil, refuse("type", "%s", secret.Template.Type)
	}
	reader := Reader{Repository: a.channel.Repository, Region: a.channel.Region, Keys: keys}
	if accepted.Items, err = reader.UnsealSecret(secret); err != nil {
		return nil, err
	}
	if accepted.Items == nil {
		return nil, refuse("elided", "no envelope names the region")
	}
	return accepted, nil
}
