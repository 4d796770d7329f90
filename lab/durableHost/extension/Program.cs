// The durable extension of the Functions host, with nothing around it: each function that it starts is carried out by the node
// worker that started this program. Functions.cs beside it is written by the worker, one method a function.
using System.Text;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Host.Config;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

var durableTask = JObject.Parse(File.ReadAllText(Setting.Of("HOST_JSON"))).SelectToken("extensions.durableTask") ?? new JObject();
var host = Host.CreateDefaultBuilder()
    .ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true))
    .ConfigureWebJobs(webJobs => webJobs.AddDurableTask(options =>
    {
        JsonConvert.PopulateObject(durableTask.ToString(), options);
        // The extension turns it on for workers of other languages, whose client calls it over HTTP.
        options.LocalRpcEndpointEnabled = true;
    }))
    .ConfigureServices(services => services.AddSingleton<IWebHookProvider, WebHooks>())
    .Build();
await host.StartAsync();
Console.WriteLine("The durable extension is ready.");
await host.WaitForShutdownAsync();

static class Setting
{
    public static string Of(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}

/// <summary>Where the management URLs of answers point to; nothing of Lowtide follows them.</summary>
#pragma warning disable CS0618 // It is how the Functions host itself gives the extension its address.
class WebHooks : IWebHookProvider
{
    public Uri GetUrl(IExtensionConfigProvider extension) => new("http://127.0.0.1/runtime/webhooks/durabletask");
}

/// <summary>Hands an invocation to the node worker, and what it answers to the extension, as the Functions host would over gRPC.</summary>
public static class Worker
{
    static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan, BaseAddress = new(Setting.Of("WORKER_URL")) };

    public static async Task<object> Invoke(string name, string context)
    {
        var body = new StringContent(JsonConvert.SerializeObject(new { name, context }), Encoding.UTF8, "application/json");
        var answer = await Http.PostAsync("", body);
        var json = Parse(await answer.Content.ReadAsStringAsync());
        // The extension looks for these three labels when it takes a worker's exception apart.
        if (json["error"] is JObject error)
            throw new Exception($"Result: Failure\nException: {error["message"]}\nStack: {error["stack"]}");
        if (json["returned"] is not JObject returned) return null;
        return returned["json"] is JToken text ? Parse((string)text) : returned.First is JProperty value ? ((JValue)value.Value).Value : null;
    }

    /// <summary>Instants stay text: the library compares them as it wrote them.</summary>
    static JToken Parse(string text)
    {
        using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = null };
        return JToken.Load(reader);
    }
}
