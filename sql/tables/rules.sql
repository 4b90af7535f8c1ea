-- The rules that settings histories name by their digest: one row for each text. text is the canonical JSON of a rules file, at
-- most 64 KiB; sha256 is the digest of its UTF-8 in hex. Rows are only added, by DML; a text may stand twice, and is then the same.
CREATE TABLE IF NOT EXISTS `{{dataset}}.rules` (
  sha256 STRING NOT NULL,
  revision INT64 NOT NULL,
  text STRING NOT NULL,
  written_at TIMESTAMP NOT NULL
)
DEFAULT COLLATE ''
OPTIONS (expiration_timestamp = NULL)
