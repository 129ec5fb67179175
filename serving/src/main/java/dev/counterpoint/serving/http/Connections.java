package dev.counterpoint.serving.http;

import com.linecorp.armeria.common.logging.RequestLogAccess;
import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.AttributeKey;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Limits the connections of a server. Above the limit, a new connection closes the connection that
 * has been without a whole request for the longest time, so that a client that opens connections
 * and sends nothing, or sends slowly, does not lock out others.
 */
final class Connections {
  private static final AttributeKey<State> STATE = AttributeKey.valueOf(Connections.class, "STATE");

  private final int limit;
  private final Set<State> open = ConcurrentHashMap.newKeySet();

  Connections(int limit) {
    this.limit = limit;
  }

  private static final class State {
    private final Channel channel;
    private final AtomicInteger requests = new AtomicInteger();
    private volatile long idleSince = System.nanoTime();

    State(Channel channel) {
      this.channel = channel;
    }
  }

  /** Observes a new connection. */
  void observe(ChannelPipeline pipeline) {
    pipeline.addFirst(
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelActive(ChannelHandlerContext context) throws Exception {
            State state = new State(context.channel());
            context.channel().attr(STATE).set(state);
            open.add(state);
            if (open.size() > limit) {
              closeLongestIdle();
            }
            super.channelActive(context);
          }

          @Override
          public void channelInactive(ChannelHandlerContext context) throws Exception {
            open.remove(context.channel().attr(STATE).get());
            super.channelInactive(context);
          }
        });
  }

  private void closeLongestIdle() {
    open.stream()
        .filter(it -> it.requests.get() == 0)
        .min(Comparator.comparingLong(it -> it.idleSince))
        .ifPresent(
            it -> {
              open.remove(it);
              var unused = it.channel.close();
            });
  }

  /** Observes a request, from when it has arrived until its response is sent. */
  static void observe(ServiceRequestContext context) {
    Channel channel = context.log().ensureAvailable(RequestLogProperty.SESSION).channel();
    State state = channel == null ? null : channel.attr(STATE).get();
    if (state != null) {
      RequestLogAccess log = context.log();
      var unused = log.whenRequestComplete().thenAccept(it -> state.requests.incrementAndGet());
      unused =
          log.whenComplete()
              .thenAccept(
                  it -> {
                    state.idleSince = System.nanoTime();
                    state.requests.decrementAndGet();
                  });
    }
  }
}
