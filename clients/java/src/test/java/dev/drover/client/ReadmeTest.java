// The README's Java compiles: its first block as it stands, the others with the names that its text has given by then.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final String AROUND =
      """
      import dev.drover.client.*;
      import com.google.protobuf.ByteString;
      import com.sun.net.httpserver.HttpServer;
      import dev.drover.v1.*;
      import io.grpc.*;
      import java.net.*;
      import java.nio.file.*;
      import java.util.concurrent.*;
      import java.util.stream.*;
      class Block%d {
        static void block(DroverClient drover, Job job, Path file) throws Exception {
          %s
        }
      }
      """;

  @TempDir Path classes;

  @Test
  void compiles() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    List<String> blocks = BLOCK.matcher(readme).results().map(found -> found.group(1)).toList();
    assertTrue(blocks.size() > 4);
    List<JavaFileObject> files = new ArrayList<>();
    files.add(file("Stats", blocks.get(0)));
    for (int i = 1; i < blocks.size(); i++) files.add(file("Block" + i, AROUND.formatted(i, blocks.get(i))));

    var problems = new DiagnosticCollector<JavaFileObject>();
    var options = List.of("-proc:none", "-d", classes.toString());
    ToolProvider.getSystemJavaCompiler().getTask(null, null, problems, options, null, files).call();
    assertEquals(List.of(), problems.getDiagnostics());
  }

  private static JavaFileObject file(String name, String source) {
    return new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return source;
      }
    };
  }
}
