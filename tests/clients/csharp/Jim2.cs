// An integrator of Jim2, as the guide's sample does it (J1 to J6): WebRequest, raw Basic, Expect: 100-continue.
//
// Jim2.exe TOKEN_URL LOGOFF_URL "METHOD URL,.." "ID=SECRET\n.."

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Web.Script.Serialization;

public class Answer
{
    public int Status;
    public string Body;
    public string Challenge;

    public string this[string name]
    {
        get
        {
            var fields = new JavaScriptSerializer().Deserialize<Dictionary<string, object>>(Body);
            object value;
            return fields != null && fields.TryGetValue(name, out value) ? Convert.ToString(value) : null;
        }
    }
}

public static class Jim2
{
    static string tokenUrl, logoffUrl;
    static bool failed;

    public static int Main(string[] args)
    {
        tokenUrl = args[0];
        logoffUrl = args[1];
        var apis = args[2].Split(',').Select(api => api.Split(' ')).ToList();
        var read = apis.First(api => api[0] == "GET")[1];
        var write = apis.First(api => api[0] != "GET");
        var line = args[3].Split('\n')[0];
        var id = line.Substring(0, line.IndexOf('='));
        var secret = line.Substring(line.IndexOf('=') + 1);

        Story("J1 J3 C#: the guide's sample, read only", () =>
        {
            var answer = Token(id + ":" + secret, "grant_type=client_credentials&scope=view");
            Equal(answer.Status, 200);
            True(answer["access_token"] != null && answer["refresh_token"] != null, answer.Body);
            True(int.Parse(answer["expires_in"]) > 0, answer.Body);
            Equal(Call("GET", read, answer["access_token"]).Status, 200);
            var refused = Call(write[0], write[1], answer["access_token"], "{\"code\":\"CHAIR-1\"}");
            Equal(refused.Status, 403);
            True(refused.Challenge.Contains("insufficient_scope"), refused.Challenge);
            Equal(Call("POST", logoffUrl, answer["access_token"]).Status, 204);
        });

        Story("J1 J2 C#: every client's password as it is, %, + and : in it as well", () =>
        {
            var tried = 0;
            foreach (var pair in args[3].Split('\n'))
            {
                var raw = pair.Substring(0, pair.IndexOf('=')) + ":" + pair.Substring(pair.IndexOf('=') + 1);
                var answer = Token(raw, "grant_type=client_credentials&scope=view");
                Equal(answer.Status, 200);
                Equal(Call("GET", read, answer["access_token"]).Status, 200);
                tried++;
            }
            True(tried > 2, tried + " clients");
        });

        Story("J1 C#: credentials in the body", () =>
        {
            var body = "client_id=" + Uri.EscapeDataString(id) + "&client_secret=" + Uri.EscapeDataString(secret)
                + "&scope=view&grant_type=client_credentials";
            var answer = Token(null, body);
            Equal(answer.Status, 200);
            Equal(Call("POST", logoffUrl, answer["access_token"]).Status, 204);
        });

        Story("J4 J6 C#: the refresh token keeps the session, log-off ends it", () =>
        {
            var answer = Token(id + ":" + secret, "grant_type=client_credentials");
            Equal(answer.Status, 200);
            Equal(Call(write[0], write[1], answer["access_token"], "{\"code\":\"CHAIR-1\"}").Status / 100, 2);
            var refresh = "grant_type=refresh_token&refresh_token=" + Uri.EscapeDataString(answer["refresh_token"]);
            for (var round = 0; round < 2; round++)
            {
                var again = Token(id + ":" + secret, refresh);
                Equal(again.Status, 200);
                Equal(Call("GET", read, again["access_token"]).Status, 200);
            }
            Equal(Call("POST", logoffUrl, answer["access_token"]).Status, 204);
            // The API reads tokens offline and follows a feed of what was taken back: it knows within a moment.
            for (var tries = 0; tries < 50 && Call("GET", read, answer["access_token"]).Status == 200; tries++)
            {
                System.Threading.Thread.Sleep(100);
            }
            Equal(Call("GET", read, answer["access_token"]).Status, 401);
            var dead = Token(id + ":" + secret, refresh);
            Equal(dead.Status, 400);
            Equal(dead["error"], "invalid_grant");
        });

        Story("J3 J5 J6 C#: full licences until the pool is empty, then view still works, and log-off frees one", () =>
        {
            var sessions = new List<string>();
            try
            {
                Answer refused = null;
                for (var count = 0; count < 100 && refused == null; count++)
                {
                    var answer = Token(id + ":" + secret, "grant_type=client_credentials");
                    if (answer.Status == 200) sessions.Add(answer["access_token"]);
                    else refused = answer;
                }
                True(refused != null, "a hundred licences and no end");
                True(sessions.Count > 0, refused.Body);
                Equal(refused.Status, 400);
                Equal(refused["error"], "access_denied");
                True(refused["error_description"].Any(char.IsDigit), refused.Body);
                var view = Token(id + ":" + secret, "grant_type=client_credentials&scope=view");
                Equal(view.Status, 200);
                Equal(Call("POST", logoffUrl, view["access_token"]).Status, 204);
                Equal(Call("POST", logoffUrl, sessions[0]).Status, 204);
                sessions.RemoveAt(0);
                var freed = Token(id + ":" + secret, "grant_type=client_credentials");
                Equal(freed.Status, 200);
                sessions.Add(freed["access_token"]);
            }
            finally
            {
                foreach (var session in sessions) Call("POST", logoffUrl, session);
            }
        });

        Story("J1 C#: a wrong password is invalid_client", () =>
        {
            var answer = Token(id + ":not it", "grant_type=client_credentials&scope=view");
            Equal(answer.Status, 401);
            Equal(answer["error"], "invalid_client");
            True(answer.Challenge.StartsWith("Basic"), answer.Challenge);
        });

        return failed ? 1 : 0;
    }

    // As the guide writes it: the header before the body, the body through a writer.
    static Answer Token(string pair, string body)
    {
        WebRequest req = WebRequest.Create(tokenUrl);
        req.Method = "POST";
        ((HttpWebRequest)req).ServicePoint.Expect100Continue = true;
        if (pair != null)
        {
            req.Headers.Add("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        req.ContentType = "application/x-www-form-urlencoded";
        using (var str = req.GetRequestStream())
        using (var writer = new StreamWriter(str))
        {
            writer.Write(body);
        }
        return Read(req);
    }

    static Answer Call(string method, string url, string token, string json = null)
    {
        WebRequest req = WebRequest.Create(url);
        req.Method = method;
        req.Headers.Add("Authorization", "Bearer " + token);
        if (method != "GET" && json == null) req.ContentLength = 0;
        if (json != null)
        {
            req.ContentType = "application/json";
            using (var writer = new StreamWriter(req.GetRequestStream())) writer.Write(json);
        }
        return Read(req);
    }

    static Answer Read(WebRequest req)
    {
        req.Timeout = 20000;
        HttpWebResponse resp;
        try
        {
            resp = (HttpWebResponse)req.GetResponse();
        }
        catch (WebException error)
        {
            resp = error.Response as HttpWebResponse;
            if (resp == null) throw;
        }
        using (resp)
        using (var reader = new StreamReader(resp.GetResponseStream()))
        {
            return new Answer
            {
                Status = (int)resp.StatusCode,
                Body = reader.ReadToEnd(),
                Challenge = resp.Headers["WWW-Authenticate"] ?? ""
            };
        }
    }

    static void Story(string name, Action work)
    {
        try
        {
            work();
            Console.WriteLine("ok - " + name);
        }
        catch (Exception error)
        {
            failed = true;
            Console.WriteLine("not ok - " + name + ": " + error.Message.Replace("\n", " "));
        }
    }

    static void Equal<T>(T found, T expected)
    {
        if (!Equals(found, expected)) throw new Exception(found + " instead of " + expected + " " + new System.Diagnostics.StackFrame(1).GetMethod());
    }

    static void True(bool condition, string what)
    {
        if (!condition) throw new Exception("not so: " + what);
    }
}
