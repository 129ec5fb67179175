package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.RecordCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Tables in a folder, and the settings to read them. */
record Tables(Path folder) {
  static final String TARGET = "y";

  Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  /** Settings that predict y from the table train.csv. */
  static Tabular settings(Object... changes) {
    Map<String, Object> all = new HashMap<>();
    all.put("train", new FileSplit("train.csv"));
    all.put("target", TARGET);
    all.put("minimumCount", 1);
    for (int i = 0; i < changes.length; i += 2) {
      all.put((String) changes[i], changes[i + 1]);
    }
    return RecordCopy.with(Tabular.defaults(), all);
  }

  DataSplits open(Tabular settings) throws IOException {
    return settings.open(context(null, null));
  }

  /** Opens a file with the columns of a model, whose folder is written from the splits. */
  DataSplits openFile(Tabular settings, String file, DataSplits trained) throws IOException {
    return settings.openFile(file, trained.spec(), context(save(trained), null));
  }

  /** Opens the tables of a training that starts from a model of the given splits. */
  DataSplits openTrained(Tabular settings, DataSplits trained, DataSpec spec) throws IOException {
    return settings.open(context(save(trained), spec));
  }

  Path save(DataSplits trained) throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    for (Map.Entry<String, DataSplits.ModelFile> file : trained.files().entrySet()) {
      file.getValue().writeTo(model.resolve(file.getKey()));
    }
    return model;
  }

  private DataContext context(Path model, DataSpec trained) {
    return new DataContext(
        folder.resolve("cache"), folder::resolve, Integer.MAX_VALUE, 17, model, trained, null);
  }

  /** All rows of a split as one batch. */
  static HostBatch all(DataSplits data, String split) {
    Dataset dataset = data.splits().get(split);
    return dataset.collate(LongStream.range(0, dataset.size()).toArray());
  }

  /** One column of the features of a split. */
  static List<Float> feature(DataSplits data, String split, int column) {
    HostBatch batch = all(data, split);
    float[] values = batch.tensors().get(Batch.FEATURES).floats();
    int width = values.length / batch.size();
    return LongStream.range(0, batch.size())
        .mapToObj(row -> values[(int) row * width + column])
        .toList();
  }

  static List<Long> ids(DataSplits data, String split) {
    return Arrays.stream(all(data, split).tensors().get(Batch.CATEGORIES).longs()).boxed().toList();
  }

  static List<Long> labels(DataSplits data, String split) {
    return Arrays.stream(all(data, split).tensors().get(Batch.LABELS).longs()).boxed().toList();
  }

  static List<Float> floats(DataSplits data, String split, String tensor) {
    float[] values = all(data, split).tensors().get(tensor).floats();
    return LongStream.range(0, values.length).mapToObj(i -> values[(int) i]).toList();
  }
}
