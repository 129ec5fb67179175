CREATE TABLE feature_rows (
  view TEXT COLLATE "C" NOT NULL,
  entity TEXT COLLATE "C" NOT NULL,
  event_time BIGINT NOT NULL, -- microseconds since 1970
  feature_values TEXT NOT NULL, -- a JSON object
  PRIMARY KEY (view, entity, event_time)
);

CREATE TABLE feature_columns (
  view TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (view, name)
);
