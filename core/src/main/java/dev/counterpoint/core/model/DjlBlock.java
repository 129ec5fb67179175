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
 * Adapter that uses any DJL {@code Block}, built-in or custom, as a layer. The block's parameters
 * become parameters of the model, named {@code parameters.NAME} under this layer, and start with
 * the values of the block's own initializers; running statistics become buffers. A block that
 * occurs several times within another block is trained as one shared block.
 */
public final class DjlBlock extends Layer implements UnaryLayer {
  private final Block block;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  /**
   * Wraps a block that has not been initialized.
   *
   * @param input the input shape, such as (1, 3, 32, 32); the batch size may differ later
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

  /** Applies the block to one array. */
  @Override
  public NDArray forward(NDArray x) {
    return forward(new NDList(x)).singletonOrThrow();
  }

  /** Applies the block to a list of arrays. */
  public NDList forward(NDList inputs) {
    ParameterStore store = new ParameterStore(inputs.head().getManager(), false);
    return block.forward(store, inputs, training());
  }

  private static Parameter declare(ai.djl.nn.Parameter parameter) {
    long[] shape = parameter.getArray().getShape().getShape();
    dev.counterpoint.core.parameter.Initializer initializer =
        (manager, ignored) -> {
          parameter.initialize(manager, DataType.FLOAT32);
          return parameter.getArray();
        };
    return parameter.requiresGradient()
        ? Parameter.of(initializer, shape)
        : Parameter.buffer(initializer, shape);
  }
}
