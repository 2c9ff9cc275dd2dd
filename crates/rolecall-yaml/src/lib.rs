//! One reader of YAML as Go's yaml.v2 reads it, with the place of every byte, and lossless edits.
