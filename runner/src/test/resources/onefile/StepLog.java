import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes the number of each step that is made into a file of the run directory.
 *
 * @param file its name
 */
public record StepLog(String file) implements CallbackConfig {
  @Override
  public Callback build(CallbackContext context) {
    Path path = context.directory().resolve(file);
    return new Callback() {
      @Override
      public void onStep(StepReport report) {
        try {
          Files.writeString(
              path, report.step() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }
}
