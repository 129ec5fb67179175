package dev.counterpoint.core.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Any block of DJL, from its library or anybody's own, as a part of a model. Its parameters become
 * parameters of the model, {@code parameters.NAME} under this layer, with the values that the
 * block's own initializers give them; running statistics become buffers. A block that stands in
 * several places of another is trained as the one that it is.
 */
public final class DjlBlock extends Layer implements UnaryLayer {
  private final Block block;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  /**
   * Adopts a block that has not been initialized.
   *
   * @param input the shape of its input, as (1, 3, 32, 32); the batch may differ later
   */
  public DjlBlock(Block block, Shape input) {
    this.block = block;
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      block.initialize(manager, DataType.FLOAT32, input);
      IdentityHashMap<ai.djl.nn.Parameter, Parameter> declared = new IdentityHashMap<>();
      block
          .getParameters()
          .forEach(
              pair ->
                  parameters.put(
                      pair.getKey(), declared.computeIfAbsent(pair.getValue(), DjlBlock::declare)));
      block.getParameters().values().forEach(ai.djl.nn.Parameter::close);
    }
  }

  /** Calls the block on one array. */
  @Override
  public NDArray forward(NDArray x) {
    return forward(new NDList(x)).singletonOrThrow();
  }

  /** Calls the block on as many arrays as it takes. */
  public NDList forward(NDList inputs) {
    ParameterStore own = new ParameterStore(inputs.head().getManager(), false);
    return block.forward(own, inputs, training());
  }

  private static Parameter declare(ai.djl.nn.Parameter parameter) {
    long[] shape = parameter.getArray().getShape().getShape();
    dev.counterpoint.core.parameter.Initializer own =
        (manager, ignored) -> {
          parameter.initialize(manager, DataType.FLOAT32);
          return parameter.getArray();
        };
    return parameter.requiresGradient() ? Parameter.of(own, shape) : Parameter.buffer(own, shape);
  }
}
