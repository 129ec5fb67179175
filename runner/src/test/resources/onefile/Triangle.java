import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.settings.Checks;

/**
 * Up and down again, over and over (Smith 2017).
 *
 * @param period steps from one low point to the next
 * @param floor the low points, as a part of the rate
 */
public record Triangle(int period, double floor) implements Schedule {
  public Triangle {
    new Checks().positive("period", period).within("floor", floor, 0, 1).verify();
  }

  public static Triangle defaults() {
    return new Triangle(100, 0.1);
  }

  @Override
  public double learningRate(double learningRate, long step, long totalSteps) {
    double place = (step % period) / (double) period; // 0 to 1
    double height = 1 - Math.abs(2 * place - 1);
    return learningRate * (floor + (1 - floor) * height);
  }
}
