package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HomeTest {
  @TempDir Path temporary;

  @Test
  void a_file_is_no_home() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "mine");

    assertThatThrownBy(() -> LocalStack.open(file))
        .isInstanceOf(StackException.class)
        .hasMessageContaining(file + " is a file");
  }

  @Test
  void a_directory_with_other_things_is_no_home_and_stays_as_it_is() throws Exception {
    Files.writeString(temporary.resolve("letter.txt"), "mine");

    assertThatThrownBy(() -> LocalStack.open(temporary))
        .isInstanceOf(StackException.class)
        .hasMessageContaining(temporary.toString())
        .hasMessageContaining("no stack.json");
    assertThat(temporary).isDirectoryContaining("glob:**/letter.txt");
  }

  @Test
  void a_home_that_cannot_be_written_is_reported() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "");
    Path home = file.resolve("home");

    assertThatThrownBy(
            () -> LocalStack.open(home).start(EnumSet.of(ServerKind.REDIS), Progress.silent()))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("cannot write to the home directory " + home);
  }

  @Test
  void looking_at_a_home_that_does_not_exist_makes_nothing() {
    Path home = temporary.resolve("none");

    LocalStack stack = LocalStack.open(home);
    stack.stop(Progress.silent());

    assertThat(stack.status()).hasSize(ServerKind.values().length);
    assertThat(stack.status())
        .allMatch(server -> server.state() == ServerStatus.State.STOPPED)
        .allMatch(server -> server.address().isEmpty() && server.pid().isEmpty());
    assertThat(stack.addresses().environment()).isEmpty();
    assertThat(home).doesNotExist();
  }

  @Test
  void remembered_ports_are_read_back() throws Exception {
    Map<ServerKind, Ports> ports =
        Map.of(ServerKind.QDRANT, new Ports(Map.of(QdrantServer.GRPC, 7, QdrantServer.HTTP, 8)));

    Home.at(temporary).remember(ports);

    assertThat(Home.at(temporary).ports()).isEqualTo(ports);
  }

  @Test
  void a_damaged_stack_json_is_reported_by_path() throws Exception {
    Path file = Files.writeString(temporary.resolve("stack.json"), "{\"ports\":{\"kafka\":");

    assertThatThrownBy(() -> LocalStack.open(temporary).addresses())
        .isInstanceOf(StackException.class)
        .hasMessageContaining(file + " is damaged")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void a_lock_held_by_another_is_waited_for_and_said_so() throws Exception {
    Lines lines = new Lines();
    Home.Lock first = Home.at(temporary).lock(Progress.silent());
    Thread waiting =
        new Thread(
            () -> {
              try (Home.Lock second = Home.at(temporary).lock(lines)) {
                lines.say("locked " + second.lock().isValid());
              } catch (Exception e) {
                lines.say(e.toString());
              }
            });
    waiting.start();
    while (lines.said().isEmpty()) {
      Thread.sleep(10);
    }
    assertThat(lines.said()).first().asString().startsWith("waiting for another process");

    first.close();

    waiting.join(10_000);
    assertThat(lines.said()).last().isEqualTo("locked true");
  }
}
