using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BillingMonolith.Host.Health;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Notifications;
using BillingMonolith.Specs.HostRoom.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Polly.Timeout;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>A neighbour that answers without end, too much or too slowly, over HTTP: it costs this host no more than the limits.</summary>
public sealed class BoundedAnswerSpecs
{
    private const int Limit = 1024 * 1024;

    /// <summary>What the sockets of both sides may hold beside what was read.</summary>
    private const int OnTheWay = 16 * 1024 * 1024;

    public static TheoryData<string, string, HttpCompletionOption> Answers()
    {
        var data = new TheoryData<string, string, HttpCompletionOption>();
        foreach (var client in (string[])["lago", "lago-health"])
        {
            foreach (var path in (string[])["endless", "announced", "failing"])
            {
                data.Add(client, path, HttpCompletionOption.ResponseContentRead);
                data.Add(client, path, HttpCompletionOption.ResponseHeadersRead); // as Refit asks
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_that_is_too_large_is_a_fault_and_is_not_read_to_its_end(string client, string path, HttpCompletionOption option)
    {
        await using var neighbour = new HostileNeighbour();
        var fault = await Should.ThrowAsync<HttpRequestException>(() => neighbour.ReadAsync(client, path, option));
        fault.Message.ShouldContain($"{client} answered with more than {Limit} bytes");
        fault.Message.ShouldContain("Neighbours__MaxAnswerBytes");
        neighbour.Sent.ShouldBeLessThan(OnTheWay);
    }

    [Fact]
    public async Task An_answer_of_the_largest_size_is_read()
    {
        await using var neighbour = new HostileNeighbour();
        (await neighbour.ReadAsync("lago", "largest", HttpCompletionOption.ResponseHeadersRead)).Length.ShouldBe(Limit);
    }

    [Fact]
    public async Task A_bomb_is_not_unpacked()
    {
        await using var neighbour = new HostileNeighbour();
        (await neighbour.ReadAsync("lago", "bomb", HttpCompletionOption.ResponseHeadersRead)).Length.ShouldBeLessThan(200 * 1024);
    }

    [Fact]
    public async Task A_redirect_is_an_answer()
    {
        await using var neighbour = new HostileNeighbour();
        foreach (var client in (string[])["lago", "lago-health", HealthRoutes.HttpClientName])
        {
            using var http = neighbour.Client(client);
            (await http.GetAsync(new Uri(neighbour.Url + "redirect"))).StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        neighbour.Sent.ShouldBe(0);
    }

    [Theory]
    [InlineData(HttpCompletionOption.ResponseContentRead)]
    [InlineData(HttpCompletionOption.ResponseHeadersRead)]
    public async Task A_body_that_drips_counts_in_the_time_of_its_try(HttpCompletionOption option)
    {
        await using var neighbour = new HostileNeighbour();
        await Should.ThrowAsync<TimeoutRejectedException>(() => neighbour.ReadAsync("lago", "drip", option).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_body_that_drips_counts_in_the_time_of_a_check()
    {
        await using var neighbour = new HostileNeighbour();
        await Should.ThrowAsync<OperationCanceledException>(
            () => neighbour.ReadAsync("lago-health", "drip", HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_an_endpoint_answers_to_a_webhook_is_not_read()
    {
        await using var neighbour = new HostileNeighbour();
        using var http = neighbour.Client(WebhookHttp.ClientName);
        using (var answer = await http.GetAsync(new Uri(neighbour.Url + "endless"), HttpCompletionOption.ResponseHeadersRead))
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await neighbour.HungUp.WaitAsync(TimeSpan.FromSeconds(20));
        neighbour.Sent.ShouldBeLessThan(OnTheWay);
    }

    [Fact]
    public void No_client_of_the_host_is_without_limits()
    {
        var host = Description.Configure();
        var names = host.Services.Select(s => s.ImplementationInstance).OfType<ConfigureNamedOptions<HttpClientFactoryOptions>>()
            .Select(o => o.Name).OfType<string>().Distinct().Except([WebhookHttp.ClientName]).ToList();
        names.ShouldBe(["keycloak-login", "lago", "lago-health", "lago-look", "keycloak", "keycloak-health", "stripe", "stripe-health"], ignoreOrder: true);
        using var services = host.Services.BuildServiceProvider();
        foreach (var name in names)
        {
            var handlers = Chain(services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name)).ToList();
            handlers[^2].ShouldBeOfType<BoundedAnswers>(name);
            handlers[^1].ShouldBeOfType<SocketsHttpHandler>(name).AllowAutoRedirect.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(65535, false)]
    [InlineData(65536, true)]
    [InlineData(67108864, true)]
    [InlineData(67108865, false)]
    public void A_limit_that_lets_nothing_or_everything_through_is_refused(int bytes, bool valid) =>
        new NeighboursOptionsValidator().Validate(new NeighboursOptions { MaxAnswerBytes = bytes }).IsValid.ShouldBe(valid);

    private static IEnumerable<HttpMessageHandler> Chain(HttpMessageHandler? handler)
    {
        for (; handler is not null; handler = (handler as DelegatingHandler)?.InnerHandler) yield return handler;
    }

    /// <summary>A server on loopback that answers as it should not, and clients as the Host makes them.</summary>
    private sealed class HostileNeighbour : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ServiceProvider services;
        private long sent;

        public HostileNeighbour()
        {
            listener.Start();
            Url = $"http://{listener.LocalEndpoint}/";
            _ = AcceptAsync();
            var clients = new ServiceCollection().AddSingleton<TimeProvider>(new HastyTime()).AddNeighbour("lago", retries: 0)
                .Configure<WebhooksOptions>(o => o.AllowPrivateNetworks = true).AddWebhookHttp();
            clients.AddClient(HealthRoutes.HttpClientName, TimeSpan.FromSeconds(3));
            services = clients.BuildServiceProvider();
        }

        /// <summary>Bytes of bodies that were handed to the socket.</summary>
        public long Sent => Interlocked.Read(ref sent);

        /// <summary>The client has had enough.</summary>
        public Task HungUp => hungUp.Task;

        public string Url { get; }

        public HttpClient Client(string name) => services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

        public async Task<byte[]> ReadAsync(string client, string path, HttpCompletionOption option)
        {
            using var http = Client(client);
            using var answer = await http.GetAsync(new Uri(Url + path), option);
            return await answer.Content.ReadAsByteArrayAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await services.DisposeAsync();
            listener.Dispose();
        }

        private async Task AcceptAsync()
        {
            while (true) _ = AnswerAsync(await listener.AcceptSocketAsync());
        }

        private async Task AnswerAsync(Socket socket)
        {
            using var connection = socket;
            var request = new byte[4096];
            var path = Encoding.ASCII.GetString(request, 0, await socket.ReceiveAsync(request)).Split(' ')[1];
            try
            {
                var head = path switch
                {
                    "/redirect" => "302 Found\r\nLocation: /endless",
                    "/announced" => "200 OK\r\nContent-Length: 100000000",
                    "/failing" => "422 Unprocessable Entity",
                    "/bomb" => "200 OK\r\nContent-Encoding: gzip",
                    _ => "200 OK",
                };
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n"));
                await (path switch
                {
                    "/redirect" => Task.CompletedTask,
                    "/largest" => SendAsync(socket, new byte[Limit]),
                    "/bomb" => SendAsync(socket, Bomb()),
                    "/drip" => ForeverAsync(socket, new byte[1], TimeSpan.FromMilliseconds(50)),
                    _ => ForeverAsync(socket, new byte[64 * 1024], TimeSpan.Zero),
                });
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                hungUp.TrySetResult();
            }
        }

        private async Task ForeverAsync(Socket socket, byte[] piece, TimeSpan pause)
        {
            while (Sent < 100_000_000)
            {
                await SendAsync(socket, piece);
                if (pause > TimeSpan.Zero) await Task.Delay(pause);
            }
        }

        private async Task SendAsync(Socket socket, byte[] bytes)
        {
            await socket.SendAsync(bytes);
            Interlocked.Add(ref sent, bytes.Length);
        }

        private static byte[] Bomb()
        {
            using var packed = new MemoryStream();
            using (var zip = new GZipStream(packed, CompressionLevel.Fastest)) zip.Write(new byte[20_000_000]);
            return packed.ToArray();
        }
    }

    /// <summary>The eight seconds of a try are over in 0.8.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(8) ? dueTime / 10 : dueTime, period);
    }
}
