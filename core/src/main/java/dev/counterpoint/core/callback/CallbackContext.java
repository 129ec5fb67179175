package dev.counterpoint.core.callback;

import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.model.BaseModel;
import java.nio.file.Path;

/**
 * The parts of a run that a callback can use.
 *
 * @param directory the run directory
 * @param model the model being trained; must not be modified
 * @param stop requests the end of the run
 * @param checkpoints the checkpoint store of the run, which also stores the best model
 */
public record CallbackContext(
    Path directory, BaseModel model, StopSignal stop, CheckpointStore checkpoints) {}
