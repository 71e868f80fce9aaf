// The JSON values of the conversation: how variables get in, how answers are matched, and what of them is shown. It knows
// no server.

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

type object = map[string]any

// inStrings applies a change to each string of a value, at any depth; keys stay.
func inStrings(value any, change func(string) string) any {
	switch value := value.(type) {
	case string:
		return change(value)
	case []any:
		made := make([]any, len(value))
		for place, each := range value {
			made[place] = inStrings(each, change)
		}
		return made
	case object:
		made := object{}
		for key, each := range value {
			made[key] = inStrings(each, change)
		}
		return made
	}
	return value
}

// resolve puts variables into a value, and then makes base64 of what is to be.
func resolve(value any, variables map[string]string) (any, error) {
	pairs := []string{}
	for name, text := range variables {
		pairs = append(pairs, "${"+name+"}", text)
	}
	return encoded(inStrings(value, strings.NewReplacer(pairs...).Replace))
}

func encoded(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case []any:
		for place := range value {
			if value[place], err = encoded(value[place]); err != nil {
				return nil, err
			}
		}
	case object:
		for key := range value {
			if value[key], err = encoded(value[key]); err != nil {
				return nil, err
			}
		}
		if inner, found := value["$base64"]; found && len(value) == 1 {
			text, err := json.Marshal(inner)
			return base64.StdEncoding.EncodeToString(text), err
		}
	}
	return value, nil
}

// decode makes JSON of the payloads and results in an answer, which are base64 of JSON.
func decode(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case []any:
		made := make([]any, len(value))
		for place, each := range value {
			if made[place], err = decode(each); err != nil {
				return nil, err
			}
		}
		return made, nil
	case object:
		made := object{}
		for key, each := range value {
			if text, isText := each.(string); isText && text != "" && (key == "payload" || key == "result") {
				bytes, err := base64.StdEncoding.DecodeString(text)
				if err != nil {
					return nil, fmt.Errorf("%s is no base64: %w", key, err)
				}
				if err := json.Unmarshal(bytes, &each); err != nil {
					return nil, fmt.Errorf("%s is no JSON: %w", key, err)
				}
			}
			if made[key], err = decode(each); err != nil {
				return nil, err
			}
		}
		return made, nil
	}
	return value, nil
}

// mismatch tells where a value is not as expected, or nothing if it matches.
func mismatch(expected, value any, path string) string {
	if expected == "*" {
		return ""
	}
	switch expected := expected.(type) {
	case object:
		got, isObject := value.(object)
		if !isObject {
			return fmt.Sprintf("%s is %v, not an object", path, shown(value))
		}
		for _, key := range slices.Sorted(maps.Keys(expected)) {
			each, found := got[key]
			if wanted := expected[key]; wanted == nil {
				if found {
					return fmt.Sprintf("%s.%s is there: %s", path, key, shown(each))
				}
			} else if !found {
				return fmt.Sprintf("%s.%s is absent", path, key)
			} else if why := mismatch(wanted, each, path+"."+key); why != "" {
				return why
			}
		}
		return ""
	case []any:
		got, isArray := value.([]any)
		if !isArray || len(got) != len(expected) {
			return fmt.Sprintf("%s is %s, not an array of %d", path, shown(value), len(expected))
		}
		for place, wanted := range expected {
			if why := mismatch(wanted, got[place], fmt.Sprintf("%s.%d", path, place)); why != "" {
				return why
			}
		}
		return ""
	}
	if !reflect.DeepEqual(expected, value) {
		return fmt.Sprintf("%s is %s, not %s", path, shown(value), shown(expected))
	}
	return ""
}

// at is what a value holds at a path such as "jobIds.0".
func at(value any, path string) (any, error) {
	for _, key := range strings.Split(path, ".") {
		var found bool
		switch holder := value.(type) {
		case object:
			value, found = holder[key]
		case []any:
			place, err := strconv.Atoi(key)
			if found = err == nil && place >= 0 && place < len(holder); found {
				value = holder[place]
			}
		}
		if !found {
			return nil, fmt.Errorf("the answer has nothing at %s", path)
		}
	}
	return value, nil
}

// visible is what of an answer is not shown, or not as it is.
type visible struct {
	Omit, Mask []string
}

// normalise leaves of an answer what is the same in each run.
func (v visible) normalise(value any, variables map[string]string) any {
	switch value := value.(type) {
	case []any:
		made := make([]any, len(value))
		for place, each := range value {
			made[place] = v.normalise(each, variables)
		}
		return made
	case object:
		made := object{}
		for key, each := range value {
			if strings.HasSuffix(key, "Time") || slices.Contains(v.Omit, key) {
				continue
			}
			if slices.Contains(v.Mask, key) {
				made[key] = masked(each)
			} else {
				made[key] = v.normalise(each, variables)
			}
		}
		return made
	case string:
		return strings.NewReplacer(variables["run"], "${run}", variables["page"], "${page}").Replace(value)
	}
	return value
}

func masked(value any) any {
	list, isList := value.([]any)
	if !isList {
		return "*"
	}
	made := make([]any, len(list))
	for place := range list {
		made[place] = "*"
	}
	return made
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
