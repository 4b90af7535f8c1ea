-- The schemas that records in the wire format of a schema registry name by their id: one row for each. text is JSON: the format, the
-- schema's text and those that it refers to; sha256 is the digest of its UTF-8 in hex. Rows are only added, by DML, before the first
-- record with the id is folded. After that the registry is not asked for it again.
CREATE TABLE IF NOT EXISTS `{{dataset}}.event_schemas` (
  schema_id INT64 NOT NULL,
  sha256 STRING NOT NULL,
  text STRING NOT NULL,
  written_at TIMESTAMP NOT NULL
)
DEFAULT COLLATE ''
OPTIONS (expiration_timestamp = NULL)
