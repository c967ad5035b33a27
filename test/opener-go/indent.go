package opener

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// checkIndentation refuses what YAML 1.2.2 refuses and the library lets pass:
// lines of a quoted scalar or a flow collection that are not indented deeper
// than the block collection they stand in.
func checkIndentation(text string, document *yaml.Node) error {
	c := indentChecker{quotes: map[int]bool{}}
	for line := range strings.SplitSeq(text, "\n") {
		c.starts = append(c.starts, len(c.text))
		c.text = append(c.text, []rune(line+"\n")...)
	}
	c.findQuotes(document)
	return c.check(document, -1)
}

type indentChecker struct {
	text   []rune
	starts []int        // where each line begins
	quotes map[int]bool // where quoted scalars begin
}

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle

func (c *indentChecker) position(node *yaml.Node) int {
	return c.starts[node.Line-1] + node.Column - 1
}

func (c *indentChecker) findQuotes(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Style&quoted != 0 {
		c.quotes[c.position(node)] = true
	}
	for _, child := range node.Content {
		c.findQuotes(child)
	}
}

// check goes down to the outermost quoted scalars and flow collections; column
// is that of the block collection around them.
func (c *indentChecker) check(node *yaml.Node, column int) error {
	end := 0
	switch {
	case node.Kind == yaml.ScalarNode && node.Style&quoted != 0:
		end = c.endOfQuoted(c.position(node))
	case node.Kind == yaml.ScalarNode:
		return nil
	case node.Style&yaml.FlowStyle != 0:
		end = c.endOfFlow(c.position(node))
	default:
		for _, child := range node.Content {
			if err := c.check(child, node.Column-1); err != nil {
				return err
			}
		}
		return nil
	}
	for line := node.Line; line < len(c.starts) && c.starts[line] <= end; line++ {
		from := c.starts[line]
		spaces := 0
		for c.text[from+spaces] == ' ' {
			spaces++
		}
		content := strings.TrimSpace(string(c.text[from : from+slices.Index(c.text[from:], '\n')]))
		comment := node.Kind != yaml.ScalarNode && strings.HasPrefix(content, "#")
		if content != "" && !comment && spaces <= column {
			return refuse("yaml", "line %d is not indented", line+1)
		}
	}
	return nil
}

func (c *indentChecker) endOfQuoted(i int) int {
	quote := c.text[i]
	for i++; i < len(c.text); i++ {
		switch {
		case quote == '"' && c.text[i] == '\\':
			i++
		case c.text[i] != quote:
		case quote == '\'' && c.text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return i
}

func (c *indentChecker) endOfFlow(i int) int {
	for depth := 0; i < len(c.text); i++ {
		switch {
		case c.quotes[i]:
			i = c.endOfQuoted(i)
		case c.text[i] == '#' && strings.ContainsRune(" \t\n", c.text[i-1]):
			for c.text[i] != '\n' {
				i++
			}
		case strings.ContainsRune("[{", c.text[i]):
			depth++
		case strings.ContainsRune("]}", c.text[i]):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}
