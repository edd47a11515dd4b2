package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

final class RocksDbLimitsTest {

  /** Two for each of two views and 24 partitions, in one process. */
  private static final int FOLDS = 96;

  @Test
  void folds_that_hold_little_are_not_flushed_though_they_are_many(@TempDir Path directory)
      throws RocksDBException {
    RocksDB.loadLibrary(); // as Kafka Streams does
    RocksDbLimits limits = new RocksDbLimits();
    List<RocksDB> folds = new ArrayList<>();
    try (Options options = new Options().setCreateIfMissing(true);
        WriteOptions unlogged = new WriteOptions().setDisableWAL(true)) {
      options.setTableFormatConfig(new BlockBasedTableConfig());
      limits.setConfig("seen", options, Map.of());
      for (int i = 0; i < FOLDS; i++) {
        folds.add(RocksDB.open(options, directory.resolve("fold" + i).toString()));
      }
      for (int i = 0; i < 20 * FOLDS; i++) {
        byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(i).array();
        folds.get(i % FOLDS).put(unlogged, key, key);
      }
      assertThat(folds).allMatch(fold -> fold.getLiveFilesMetaData().isEmpty());
    } finally {
      folds.forEach(RocksDB::close);
    }
  }
}
