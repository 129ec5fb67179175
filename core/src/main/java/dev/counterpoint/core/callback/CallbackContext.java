package dev.counterpoint.core.callback;

import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.model.BaseModel;
import java.nio.file.Path;

/**
 * What a callback may use.
 *
 * @param directory of the run
 * @param model the one that is trained, to be looked at
 * @param stop to ask for the end
 * @param checkpoints of the run, where the best model is kept
 */
public record CallbackContext(
    Path directory, BaseModel model, StopSignal stop, CheckpointStore checkpoints) {}
