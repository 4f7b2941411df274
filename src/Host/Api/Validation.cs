using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>Judges a command before anything is done for it.</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var errors = validators.SelectMany(v => v.Validate(request).Errors).ToList();
        return errors.Count == 0 ? next() : throw new ValidationException(errors);
    }
}

internal static class Validation
{
    /// <summary>All that is wrong, for people.</summary>
    public static string Reason(IEnumerable<ValidationFailure> errors) => string.Join(' ', errors.Select(e => e.ErrorMessage));
}
