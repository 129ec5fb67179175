CREATE TABLE feature_rows (
  view TEXT NOT NULL,
  entity TEXT NOT NULL,
  event_time INTEGER NOT NULL, -- microseconds since 1970
  feature_values TEXT NOT NULL, -- a JSON object
  PRIMARY KEY (view, entity, event_time)
) WITHOUT ROWID;

CREATE TABLE feature_columns (
  view TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (view, name)
);
