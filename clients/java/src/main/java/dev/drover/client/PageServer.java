// A server for pages that have none: the JDK's own, with as many threads as there are calls. What a call is, is
// PageHandler's.
package dev.drover.client;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves pages until it is closed. */
public final class PageServer implements AutoCloseable {
  private static final int BACKLOG = 1_024;

  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "drover-page");
            thread.setDaemon(true);
            return thread;
          });
  private final Signatures signatures;

  private PageServer(HttpServer server, Signatures signatures) {
    this.server = server;
    this.signatures = signatures;
  }

  /** Listens at once; whoever reaches the pages can call them. Port 0 is a free one. */
  public static PageServer start(String host, int port) throws IOException {
    return start(host, port, null);
  }

  /** The same for pages that answer calls only that are signed by one of these. */
  public static PageServer start(String host, int port, Signatures signatures) throws IOException {
    // Else the server of the JDK holds back the end of an answer until its start was acknowledged: up to 40 ms a call.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
    PageServer pages = new PageServer(server, signatures);
    server.setExecutor(pages.threads);
    server.start();
    return pages;
  }

  /**
   * Adds a page.
   *
   * @param path such as {@code /compileuserstats}; what lies below it is the same page
   */
  public PageServer page(String path, Page page) {
    server.createContext(path, new PageHandler(page, signatures));
    return this;
  }

  /** {@code http://HOST:PORT}, without a slash at its end. */
  public String url() {
    InetSocketAddress address = server.getAddress();
    return "http://" + address.getHostString() + ":" + address.getPort();
  }

  /** Ends calls under way, which are tried again. May be called again. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
