package dev.driftless.projectors.cache;

import dev.driftless.schemas.Names;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The users that are shipped for Redis, under the names and with the keys of one installation. */
final class RedisUsers {

  static final Path SHIPPED =
      Path.of(System.getProperty("basedir", ".")).resolve("../deploy/security/redis-users.acl");

  private RedisUsers() {}

  /** Makes all of them; each has its own name for a password. */
  static void make(RedisCommands<String, String> redis, Names names) {
    for (String line : lines()) {
      String own =
          line.replaceFirst("user ", names.name() + "-")
              .replace("~driftless:", "~" + names.prefixed(":", "driftless:"));
      String user = own.substring(0, own.indexOf(' '));
      setUser(redis, own.replace("#CHANGE-ME", ">" + user));
    }
  }

  static void delete(RedisCommands<String, String> redis, Names names) {
    for (String line : lines()) {
      redis.aclDeluser(names.name() + "-" + line.split(" ")[1]);
    }
  }

  /** The URL by which a shipped user comes in. */
  static String url(String url, Names names, String user) {
    String name = names.name() + "-" + user;
    return url.replace("redis://", "redis://%1$s:%1$s@".formatted(name));
  }

  /** Without the user that a test logs in as, who is switched off, and those that do everything. */
  private static List<String> lines() {
    try {
      return Files.readAllLines(SHIPPED).stream()
          .filter(line -> !line.matches("user (default|driftless-admin) .*"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void setUser(RedisCommands<String, String> redis, String rules) {
    CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8).add("SETUSER");
    List.of(rules.split(" ")).forEach(arguments::add);
    redis.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), arguments);
  }
}
