using System.CommandLine;
using Experiments;
using Harness.Notebooks;
using Harness.Publishing;

namespace Harness.Cli.Commands;

/// <summary><c>testbed publish</c>: a site out of notebooks and results, or what the READMEs quote of them.</summary>
internal static class PublishCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var output = new Option<string>("--out") { Description = "Where the pages go.", HelpName = "DIR", DefaultValueFactory = _ => "site" };
        var results = new Option<string?>("--results") { Description = "The folder that holds the results of each experiment. [results]", HelpName = "DIR" };
        var readme = new Option<bool>("--readme")
        {
            Description = "Makes no site, but writes the main chart and the tables of claims and verdicts into README.md and experiments/README.md, "
                + "by the results that git holds.",
        };
        var command = new Command("publish", "Makes a site out of notebooks and results: all claims with their verdicts, and a page for each experiment.")
        {
            output, results, readme,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var root = Checkout.Root ?? throw new CommandException("the command lies outside its checkout, where notebooks and READMEs are.");
            var from = parsed.GetValue(results) ?? Checkout.Results;
            if (!Directory.Exists(from)) throw new CommandException($"there is no folder {from}.");

            return parsed.GetValue(readme) ? WriteReadmes(root, from, surroundings) : await WriteSite(parsed.GetValue(output)!, from, surroundings, stop);
        });
        return command;
    }

    private static int WriteReadmes(string root, string results, Surroundings surroundings)
    {
        foreach (var (path, text) in Publication.Readmes(root, Publication.Of(results, Publication.InGit(root))))
        {
            var changed = File.ReadAllText(path) != text;
            if (changed) File.WriteAllText(path, text);
            surroundings.Out.WriteLine($"{path}: {(changed ? "written" : "says so already")}");
        }

        return ExitCode.Success;
    }

    private static async Task<int> WriteSite(string folder, string results, Surroundings surroundings, CancellationToken stop)
    {
        try
        {
            var index = await SiteBuilder.Write(folder, ClaimCatalog.All, Publication.Of(results), surroundings.Out.WriteLine, stop);
            surroundings.Out.WriteLine(Path.GetFullPath(index));
            return ExitCode.Success;
        }
        catch (NotebookException error)
        {
            surroundings.Error.WriteLine(error.Message);
            return ExitCode.Failed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the site cannot be written: {error.Message}");
        }
    }
}
