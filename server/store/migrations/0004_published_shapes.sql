-- The mean of each metric's values stands beside its extremes; samples whose file was overwritten are found by their
-- address; the default queue is known by its mark; every artifact has a list to be shown.

ALTER TABLE last_metrics ADD COLUMN mean_value REAL;
ALTER TABLE last_metrics ADD COLUMN numbers INTEGER NOT NULL DEFAULT 0;  -- how many values that is the mean of

UPDATE last_metrics SET
    mean_value = (SELECT avg(p.value) FROM series s JOIN scalars p ON p.series = s.id WHERE s.task = last_metrics.task
        AND s.kind = 'scalar' AND s.metric = last_metrics.metric AND s.variant = last_metrics.variant),
    numbers = coalesce((SELECT count(p.value) FROM series s JOIN scalars p ON p.series = s.id
        WHERE s.task = last_metrics.task AND s.kind = 'scalar' AND s.metric = last_metrics.metric
        AND s.variant = last_metrics.variant), 0);

CREATE INDEX rich_events_by_address ON rich_events(series, body) WHERE key IS NOT NULL;

UPDATE queues SET system_tags = json_insert(system_tags, '$[#]', 'default')
WHERE name = 'default' AND NOT EXISTS (SELECT 1 FROM json_each(queues.system_tags) WHERE value = 'default');

UPDATE task_documents SET execution = json_set(execution, '$.artifacts', (
    SELECT json_group_array(json(CASE WHEN json_type(one.value, '$.display_data') = 'array' THEN one.value
        ELSE json_set(one.value, '$.display_data', json('[]')) END))
    FROM json_each(task_documents.execution, '$.artifacts') one))
WHERE json_array_length(execution, '$.artifacts') > 0;
