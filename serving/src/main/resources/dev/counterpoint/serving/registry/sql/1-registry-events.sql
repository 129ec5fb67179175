CREATE TABLE registry_events (
  number BIGINT PRIMARY KEY, -- from 1, without gaps
  event TEXT NOT NULL -- a JSON object
);
