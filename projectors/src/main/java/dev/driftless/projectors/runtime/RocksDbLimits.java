package dev.driftless.projectors.runtime;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One block cache and one write buffer for all folds of a process, since there are two folds for
 * each view and partition.
 */
public final class RocksDbLimits implements RocksDBConfigSetter {

  private static final long CACHE_BYTES = 64L << 20;
  private static final long WRITE_BUFFER_BYTES = 32L << 20;

  private static final Cache CACHE = new LRUCache(CACHE_BYTES);
  private static final WriteBufferManager WRITE_BUFFER =
      new WriteBufferManager(WRITE_BUFFER_BYTES, CACHE);

  @Override
  public void setConfig(String store, Options options, Map<String, Object> settings) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE);
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinL0FilterAndIndexBlocksInCache(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(WRITE_BUFFER);
    options.setWriteBufferSize(4L << 20);
    options.setMaxWriteBufferNumber(2);
    // nearly every event and memory is asked for once before it is there: most answers are no
    options.setMemtableWholeKeyFiltering(true);
    options.setMemtablePrefixBloomSizeRatio(0.005);
    // A fold takes a block at least. Of blocks of 512 KB, as they would be, the buffer that all
    // share
    // has 64: with more folds, each write would flush one of them.
    options.setArenaBlockSize(64L << 10);
  }

  @Override
  public void close(String store, Options options) {
    // the cache and the write buffer live as long as the process
  }
}
